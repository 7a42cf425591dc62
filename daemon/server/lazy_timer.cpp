// SPDX-License-Identifier: MIT
#include "daemon/server/lazy_timer.h"

#include <utility>

namespace acledger::daemon {

void LazyTimer::Set(std::chrono::milliseconds time, const char* what, const std::weak_ptr<void>& owner) {
  at_ = Clock::now() + time;
  what_ = what;
  if (at_ < waits_until_) Wait(owner);
}

void LazyTimer::Stop() {
  Clear();
  waits_until_ = kNever;
  timer_.cancel();
}

// Ends a wait for a later time.
void LazyTimer::Wait(std::weak_ptr<void> owner) {
  waits_until_ = at_;
  timer_.expires_at(at_);
  timer_.async_wait([this, until = at_, owner = std::move(owner)](std::error_code error) {
    const std::shared_ptr<void> held = owner.lock();
    // A wait that was ended too late comes without an error.
    if (!error && held && until == waits_until_) OnWaited(owner);
  });
}

void LazyTimer::OnWaited(const std::weak_ptr<void>& owner) {
  waits_until_ = kNever;
  if (at_ == kNever) return;
  if (at_ > Clock::now()) return Wait(owner);
  Clear();
  over_(what_);
}

}  // namespace acledger::daemon
