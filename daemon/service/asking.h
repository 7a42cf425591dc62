// SPDX-License-Identifier: MIT
#pragma once

#include <asio/thread_pool.hpp>
#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "daemon/server/handler.h"

namespace acledger::daemon {

// Questions that take their time (they look at the volume, or at every folder of a grant), one after the other on a
// thread of their own.
class Asking {
 public:
  Asking() = default;
  ~Asking() { Stop(); }
  Asking(const Asking&) = delete;
  Asking& operator=(const Asking&) = delete;

  using Question = std::move_only_function<Expected<Json>()>;
  // kBusy at once where kMostOfAUser of this user wait, and for what still waits at the end. An administrator ("") may
  // have any number. Any thread; `question` runs on its own.
  void Ask(const std::string& user, Question question, Reply reply);
  // What was begun is answered.
  void Stop();
  bool IsEnding() const { return is_ending_; }

  static constexpr unsigned kMostOfAUser = 8;

 private:
  bool Enter(const std::string& user);
  void Leave(const std::string& user);

  std::mutex mutex_;
  std::map<std::string, unsigned> waiting_;
  std::atomic<bool> is_ending_ = false;
  asio::thread_pool thread_{1};
};

}  // namespace acledger::daemon
