// SPDX-License-Identifier: MIT
#pragma once

#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <mutex>
#include <utility>

namespace acledger::daemon {

// The way from other threads to the io_context, closed before that one goes: who holds a Gate may outlive both.
class Gate {
 public:
  explicit Gate(asio::io_context& io) : io_(&io) {}

  // Any thread. Never calls `work` itself; drops it after Close().
  template <class Work>
  void Post(Work work) {
    const std::lock_guard lock(mutex_);
    if (io_) asio::post(*io_, std::move(work));
  }

  void Close() {
    const std::lock_guard lock(mutex_);
    io_ = nullptr;
  }

 private:
  std::mutex mutex_;
  asio::io_context* io_;
};

}  // namespace acledger::daemon
