// SPDX-License-Identifier: MIT
#include "tests/daemon/test_handler.h"

#include <gtest/gtest.h>

namespace acledger::fixtures {

TestHandler::~TestHandler() {
  for (std::thread& thread : threads_) thread.join();
}

void TestHandler::Call(const Caller& caller, std::string method, Json params, Reply reply) {
  const std::lock_guard lock(mutex_);
  ++calls_[method];
  last_caller_ = caller;
  if (method == "echo") {
    reply(std::move(params));
  } else if (method == "whoami") {
    reply(Json{{"client", caller.client}, {"admin", caller.is_admin}, {"user", caller.user}});
  } else if (method == "later") {
    AnswerLater(std::move(params), std::move(reply));
  } else if (method == "hold") {
    held_.push_back(std::move(reply));
  } else if (method == "fail") {
    reply(std::unexpected(Error{ErrorKind::kDenied, "open", "C:\\x", 5, "access is denied"}));
  } else if (method == "text") {
    reply(Json(std::string(params["size"].get<std::size_t>(), 'x')));
  } else if (method != "drop") {
    reply(std::unexpected(daemon::MethodNotFound(method)));
  }
  changed_.notify_all();
}

void TestHandler::AnswerLater(Json params, Reply reply) {
  threads_.emplace_back([params = std::move(params), reply = std::move(reply)]() mutable { reply(std::move(params)); });
}

void TestHandler::Gone(ClientId client) {
  const std::lock_guard lock(mutex_);
  gone_.push_back(client);
  changed_.notify_all();
}

void TestHandler::Trouble(const Error& error) {
  const std::lock_guard lock(mutex_);
  troubles_.push_back(error.ToString());
  changed_.notify_all();
}

template <class Done>
void TestHandler::Wait(Done done) {
  std::unique_lock lock(mutex_);
  EXPECT_TRUE(changed_.wait_for(lock, std::chrono::minutes(1), done));
}

void TestHandler::WaitHeld(std::size_t count) {
  Wait([&] { return calls_["hold"] >= count; });
}

void TestHandler::AnswerHeld(const Json& answer) {
  std::vector<Reply> held;
  {
    const std::lock_guard lock(mutex_);
    held.swap(held_);
  }
  for (; !held.empty(); held.pop_back()) held.back()(answer);
}

std::size_t TestHandler::Held() {
  const std::lock_guard lock(mutex_);
  return held_.size();
}

void TestHandler::WaitGone(std::size_t count) {
  Wait([&] { return gone_.size() >= count; });
}

std::vector<ClientId> TestHandler::Gone() {
  const std::lock_guard lock(mutex_);
  return gone_;
}

std::string TestHandler::WaitTrouble() {
  Wait([&] { return !troubles_.empty(); });
  const std::lock_guard lock(mutex_);
  return troubles_.empty() ? "" : troubles_.front();
}

std::size_t TestHandler::Troubles() {
  const std::lock_guard lock(mutex_);
  return troubles_.size();
}

std::size_t TestHandler::CountOf(const std::string& method) {
  const std::lock_guard lock(mutex_);
  return calls_[method];
}

Caller TestHandler::LastCaller() {
  const std::lock_guard lock(mutex_);
  return last_caller_;
}

}  // namespace acledger::fixtures
