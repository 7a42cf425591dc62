// SPDX-License-Identifier: MIT
#include "daemon/server/outbox.h"

#include <gtest/gtest.h>

#include <thread>

namespace acledger::daemon {
namespace {

using Pushed = Outbox::Pushed;

class OutboxTest : public testing::Test {
 protected:
  ServerOptions options_;
  std::shared_ptr<Tally> tally_ = std::make_shared<Tally>();
};

TEST_F(OutboxTest, GivesLinesInTheOrderInWhichTheyCame) {
  Outbox outbox(options_, tally_);
  EXPECT_EQ(outbox.PushNotification("n1"), Pushed::kAsleep);
  EXPECT_TRUE(outbox.PushAnswer("a1"));
  EXPECT_EQ(outbox.PushNotification("n2"), Pushed::kAwake);
  EXPECT_EQ(tally_->buffered, 6u);
  EXPECT_EQ(outbox.Take(), "n1\na1\nn2\n");
  EXPECT_EQ(tally_->buffered, 0u);
}

TEST_F(OutboxTest, SleepsOnlyAfterItGaveNothing) {
  Outbox outbox(options_, tally_);
  outbox.PushNotification("n1");
  outbox.Take();
  EXPECT_EQ(outbox.PushNotification("n2"), Pushed::kAwake);
  outbox.Take();
  EXPECT_EQ(outbox.Take(), "");
  EXPECT_EQ(outbox.PushNotification("n3"), Pushed::kAsleep);
}

TEST_F(OutboxTest, DropsTheOldestNotificationsAndTellsHowMany) {
  options_.notifications = 2;
  Outbox outbox(options_, tally_);
  outbox.PushAnswer("a1");
  for (const char* line : {"n1", "n2", "n3", "n4", "n5"}) outbox.PushNotification(line);
  EXPECT_EQ(tally_->missed, 3u);
  EXPECT_EQ(outbox.Take(), "a1\n{\"jsonrpc\":\"2.0\",\"method\":\"missed\",\"params\":{\"count\":3}}\nn4\nn5\n");
  outbox.PushNotification("n6");
  EXPECT_EQ(outbox.Take(), "n6\n");
}

TEST_F(OutboxTest, LimitsTheBytesOfNotifications) {
  options_.notification_bytes = 1000;
  Outbox outbox(options_, tally_);
  for (int i = 0; i < 50; ++i) {
    outbox.PushNotification(std::string(300, 'x'));
    EXPECT_LE(tally_->buffered, 1000u);
  }
  outbox.PushNotification(std::string(5000, 'y'));
  EXPECT_NE(outbox.Take().find(std::string(5000, 'y')), std::string::npos);
}

TEST_F(OutboxTest, RefusesAnswersOnceTooManyBytesWait) {
  options_.reply_bytes = 1000;
  Outbox outbox(options_, tally_);
  EXPECT_TRUE(outbox.PushAnswer(std::string(200, 'a')));
  EXPECT_FALSE(outbox.IsCongested());
  EXPECT_TRUE(outbox.PushAnswer(std::string(5000, 'b')));
  EXPECT_TRUE(outbox.IsCongested());
  EXPECT_FALSE(outbox.PushAnswer("c"));
  EXPECT_EQ(outbox.Take().size(), 5202u);
  EXPECT_TRUE(outbox.PushAnswer("d"));
}

TEST_F(OutboxTest, TakesAPartOfMuchAndTheRestLater) {
  Outbox outbox(options_, tally_);
  for (int i = 0; i < 10; ++i) outbox.PushAnswer(std::string(40'000, 'x'));
  std::size_t total = 0;
  for (std::string part = outbox.Take(); !part.empty(); part = outbox.Take()) {
    EXPECT_LE(part.size(), 2u * 40'001);
    total += part.size();
  }
  EXPECT_EQ(total, 10u * 40'001);
}

TEST_F(OutboxTest, ForgetsEverythingWhenClosed) {
  Outbox outbox(options_, tally_);
  outbox.PushAnswer("a");
  outbox.PushNotification("n");
  outbox.Close();
  EXPECT_TRUE(outbox.PushAnswer("b"));
  EXPECT_EQ(outbox.PushNotification("m"), Pushed::kClosed);
  EXPECT_EQ(outbox.Take(), "");
  EXPECT_EQ(tally_->buffered, 0u);
}

TEST_F(OutboxTest, LosesNothingBetweenTwoThreads) {
  options_.notifications = 100'000;
  Outbox outbox(options_, tally_);
  std::thread other([&] {
    for (int i = 0; i < 10'000; ++i) outbox.PushNotification("n");
  });
  std::size_t taken = 0;
  while (taken < 20'000) taken += outbox.Take().size();
  other.join();
  EXPECT_EQ(taken, 20'000u);
  EXPECT_EQ(tally_->buffered, 0u);
}

}  // namespace
}  // namespace acledger::daemon
