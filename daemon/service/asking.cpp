// SPDX-License-Identifier: MIT
#include "daemon/service/asking.h"

#include <asio/post.hpp>
#include <utility>

namespace acledger::daemon {

bool Asking::Enter(const std::string& user) {
  const std::lock_guard lock(mutex_);
  unsigned& waiting = waiting_[user];
  if (!user.empty() && waiting >= kMostOfAUser) return false;
  ++waiting;
  return true;
}

void Asking::Leave(const std::string& user) {
  const std::lock_guard lock(mutex_);
  const auto waiting = waiting_.find(user);
  if (--waiting->second == 0) waiting_.erase(waiting);
}

void Asking::Ask(const std::string& user, Question question, Reply reply) {
  if (!Enter(user))
    return reply(Fail(ErrorKind::kBusy, "ask", "as many questions of this user as may wait for their answers: later"));
  asio::post(thread_, [this, user, question = std::move(question), reply = std::move(reply)]() mutable {
    Expected<Json> answer = is_ending_ ? Fail(ErrorKind::kBusy, "ask", "the daemon is ending") : question();
    Leave(user);
    reply(std::move(answer));
  });
}

void Asking::Stop() {
  is_ending_ = true;
  thread_.join();
}

}  // namespace acledger::daemon
