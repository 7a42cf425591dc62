// SPDX-License-Identifier: MIT
// What the worker does before its first job.
#include "daemon/service/worker.h"

namespace acledger::daemon {

using store::Grant;
using store::GrantState;

Expected<void> Worker::Start() {
  const Expected<bool> to_adopt = scanner::IsAdoptionPending(ledger_);
  if (!to_adopt) return std::unexpected(to_adopt.error());
  to_adopt_ = *to_adopt;
  // Who waits for what is adopted is to see that somebody will work on it.
  if (Expected<void> ready = to_adopt_ ? QueueUnfinished() : Prepare(give_way_); !ready) return ready;
  thread_ = std::thread([this] { Loop(); });
  return {};
}

Expected<void> Worker::QueueUnfinished() {
  const Expected<std::vector<Grant>> grants = ledger_.Grants();
  if (!grants) return std::unexpected(grants.error());
  for (const Grant& grant : *grants)
    if (const std::optional<Work> work =
            grant.is_stale && grant.state == GrantState::kComplete ? Work::kProvision : UnfinishedWork(grant.state))
      WithQueue([&](Queue& queue) { queue.Put({grant.id, *work, UrgencyOf(grant.root), grant.on_hold}); });
  return {};
}

// With the lock held. Commands and jobs wait: what they would rest on is not known to be true of this volume.
void Worker::AdoptFirst(std::unique_lock<std::mutex>& lock) {
  constexpr std::chrono::minutes kAgain{1};
  while (!ending_ && to_adopt_) {
    lock.unlock();
    const Expected<void> prepared = Prepare(adoption_ends_);
    lock.lock();
    to_adopt_ = !prepared;
    if (prepared || ending_) return;
    lock.unlock();
    observer_.OnTrouble(prepared.error());
    lock.lock();
    changed_.wait_for(lock, kAgain, [this] { return ending_; });
  }
}

}  // namespace acledger::daemon
