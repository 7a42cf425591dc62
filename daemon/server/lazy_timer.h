// SPDX-License-Identifier: MIT
#pragma once

#include <asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>

namespace acledger::daemon {

// A limit of time that is set and cleared with every message: neither costs a call of the system. A wait that was begun
// is left alone when the limit moves to a later time, or is cleared; where it ends too early, it goes on until the
// limit. Lives on the io_context's thread.
class LazyTimer {
 public:
  using Clock = asio::steady_timer::clock_type;
  // Gets what was given to Set().
  using Over = std::function<void(const char* what)>;

  LazyTimer(asio::io_context& io, Over over) : timer_(io), over_(std::move(over)) {}

  // From now on; replaces what was set. When the time is over, calls Over once, and clears. `owner` holds this object:
  // nothing is called after it is gone. `what` must live for ever.
  void Set(std::chrono::milliseconds time, const char* what, const std::weak_ptr<void>& owner);
  void Clear() { at_ = kNever; }
  // Clears, and ends the wait too, so that the io_context has nothing more to do for it.
  void Stop();

 private:
  static constexpr Clock::time_point kNever = Clock::time_point::max();

  void Wait(std::weak_ptr<void> owner);
  void OnWaited(const std::weak_ptr<void>& owner);

  asio::steady_timer timer_;
  const Over over_;
  Clock::time_point at_ = kNever;
  Clock::time_point waits_until_ = kNever;  // kNever: it does not wait.
  const char* what_ = "";
};

}  // namespace acledger::daemon
