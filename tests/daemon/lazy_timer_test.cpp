// SPDX-License-Identifier: MIT
#include "daemon/server/lazy_timer.h"

#include <gtest/gtest.h>

#include <asio/io_context.hpp>
#include <string>
#include <vector>

namespace acledger::daemon {
namespace {

using std::chrono::milliseconds;

struct LazyTimerTest : testing::Test {
  LazyTimerTest() = default;

  asio::io_context io;
  std::vector<std::string> over;
  std::shared_ptr<LazyTimer> timer =
      std::make_shared<LazyTimer>(io, [this](const char* what) { over.emplace_back(what); });
};

TEST_F(LazyTimerTest, TellsOnceWhatWasNotDoneInTime) {
  timer->Set(milliseconds(1), "read", timer);
  io.run();
  EXPECT_EQ(over, std::vector<std::string>{"read"});
}

TEST_F(LazyTimerTest, TellsNothingAfterItWasCleared) {
  timer->Set(milliseconds(1), "read", timer);
  timer->Clear();
  io.run();
  EXPECT_TRUE(over.empty());
}

TEST_F(LazyTimerTest, WaitsForALaterTimeThatWasSetMeanwhile) {
  const auto begun = LazyTimer::Clock::now();
  timer->Set(milliseconds(1), "read", timer);
  timer->Set(milliseconds(30), "write", timer);
  io.run();
  EXPECT_EQ(over, std::vector<std::string>{"write"});
  EXPECT_GE(LazyTimer::Clock::now() - begun, milliseconds(30));
}

TEST_F(LazyTimerTest, TakesAnEarlierTimeThanTheOneItWaitsFor) {
  timer->Set(std::chrono::hours(1), "read", timer);
  timer->Set(milliseconds(1), "write", timer);
  io.run_for(std::chrono::seconds(20));
  EXPECT_EQ(over, std::vector<std::string>{"write"});
}

TEST_F(LazyTimerTest, LeavesTheWaitThatWasBegunToTheNextLimit) {
  timer->Set(milliseconds(20), "read", timer);
  timer->Clear();
  timer->Set(milliseconds(40), "write", timer);
  EXPECT_EQ(io.run_one(), 1u);  // The end of the first wait: too early.
  EXPECT_TRUE(over.empty());
  io.run();
  EXPECT_EQ(over, std::vector<std::string>{"write"});
}

TEST_F(LazyTimerTest, LeavesNothingToWaitForWhenItIsStopped) {
  timer->Set(std::chrono::hours(1), "read", timer);
  timer->Stop();
  EXPECT_EQ(io.run_for(std::chrono::seconds(20)), 1u);  // The wait that was ended.
  EXPECT_TRUE(io.stopped());
  EXPECT_TRUE(over.empty());
}

TEST_F(LazyTimerTest, WaitsAnewAfterItWasStopped) {
  timer->Set(milliseconds(1), "read", timer);
  timer->Stop();
  timer->Set(milliseconds(2), "write", timer);
  io.run();
  EXPECT_EQ(over, std::vector<std::string>{"write"});
}

TEST_F(LazyTimerTest, TellsNothingAfterItsOwnerIsGone) {
  timer->Set(milliseconds(1), "read", timer);
  timer.reset();
  io.run();
  EXPECT_TRUE(over.empty());
}

}  // namespace
}  // namespace acledger::daemon
