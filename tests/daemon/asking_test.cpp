// SPDX-License-Identifier: MIT
#include "daemon/service/asking.h"

#include <gtest/gtest.h>

#include <future>
#include <thread>

namespace acledger::daemon {
namespace {

// Questions, the first of which lasts as long as the test wants.
class AskingTest : public testing::Test {
 protected:
  AskingTest() {
    Ask("", [this]() -> Expected<Json> {
      goes_on_.get_future().wait();
      return Json(true);
    });
  }
  ~AskingTest() override {
    if (!released_) goes_on_.set_value();
    asking_.Stop();
  }
  std::future<Expected<Json>> Ask(const std::string& user, Asking::Question question) {
    std::promise<Expected<Json>> promise;
    std::future<Expected<Json>> answer = promise.get_future();
    asking_.Ask(user, std::move(question), Reply([promise = std::move(promise)](Expected<Json> json) mutable {
                  promise.set_value(std::move(json));
                }));
    return answer;
  }
  std::future<Expected<Json>> Ask(const std::string& user) {
    return Ask(user, [this]() -> Expected<Json> {
      ++asked_;
      return Json("an answer");
    });
  }
  void Release() {
    released_ = true;
    goes_on_.set_value();
  }

  std::atomic<int> asked_ = 0;
  std::promise<void> goes_on_;
  bool released_ = false;
  Asking asking_;
};

TEST_F(AskingTest, LetsOneUserWaitForSoManyAnswersAndNoMore) {
  std::vector<std::future<Expected<Json>>> waiting;
  for (unsigned i = 0; i < Asking::kMostOfAUser; ++i) waiting.push_back(Ask("ann"));
  EXPECT_EQ(Ask("ann").get().error().kind, ErrorKind::kBusy);
  waiting.push_back(Ask("bob"));
  for (int i = 0; i < 100; ++i) waiting.push_back(Ask(""));
  Release();
  for (auto& answer : waiting) EXPECT_TRUE(answer.get().has_value());
  EXPECT_TRUE(Ask("ann").get().has_value()) << "answered ones do not count";
}

TEST_F(AskingTest, EndsWithoutWorkingOffWhatWaits) {
  std::vector<std::future<Expected<Json>>> waiting;
  for (int i = 0; i < 100; ++i) waiting.push_back(Ask(""));
  std::thread ending([this] { asking_.Stop(); });
  while (!asking_.IsEnding()) std::this_thread::yield();
  Release();
  ending.join();
  EXPECT_EQ(asked_, 0);
  for (auto& answer : waiting) EXPECT_EQ(answer.get().error().reason, "the daemon is ending");
}

}  // namespace
}  // namespace acledger::daemon
