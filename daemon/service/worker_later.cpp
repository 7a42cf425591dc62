// SPDX-License-Identifier: MIT
// Folders that nobody could look at: the worker tries them again, later and later.
#include <algorithm>

#include "daemon/service/worker.h"
#include "scanner/unlisted.h"

namespace acledger::daemon {

namespace {

// At a time. Where more cannot be looked at, the others wait for these, or for the verify.
constexpr std::size_t kMostUnlisted = 1024;

}  // namespace

// On the worker's thread, without the lock; also before it runs. `whole`: everything is to be looked at once more.
// Which folders it is about, the failures in the ledger tell: also after a restart.
Expected<void> Worker::PlanLater(store::GrantId id, bool whole) {
  const Expected<std::vector<store::Grant>> grants = ledger_.Grants();
  if (!grants) return std::unexpected(grants.error());
  const auto grant = std::ranges::find(*grants, id, &store::Grant::id);
  std::vector<scanner::PathComponents> folders;
  if (grant != grants->end() && grant->state != store::GrantState::kPartOf &&
      grant->state != store::GrantState::kRollingBack) {
    Expected<std::vector<scanner::PathComponents>> unlisted = scanner::UnlistedFolders(ledger_, *grant);
    if (!unlisted) return std::unexpected(unlisted.error());
    folders = std::move(*unlisted);
  } else {
    whole = false;
  }
  if (folders.size() > kMostUnlisted) folders.resize(kMostUnlisted);
  const std::lock_guard lock(mutex_);
  later_.Set(id, grant == grants->end() ? Urgency::kRest : UrgencyOf(grant->root), folders, whole, Now());
  return {};
}

// After a job, without the lock.
void Worker::NoteUnlisted(const JobReport& report) {
  const auto* done = std::get_if<scanner::ProvisionReport>(&report.result);
  const bool was_whole = done && (report.job.work == Work::kProvision || done->whole);
  if (!done || report.how != Ended::kDone || (report.job.work == Work::kLook && report.folders.empty())) return;
  bool wants_whole = done->undecided > 0;
  {
    const std::lock_guard lock(mutex_);
    // Whole runs go on from what others left in the ledger.
    if (!was_whole && done->unlisted == 0 && !wants_whole && !later_.HasAny(report.job.grant, report.folders)) return;
    wants_whole = wants_whole || (!was_whole && later_.WantsWhole(report.job.grant));
  }
  const Expected<void> planned = PlanLater(report.job.grant, wants_whole);
  if (!planned) observer_.OnTrouble(planned.error());
}

// With the lock held.
void Worker::TakeLater() {
  for (const LaterLooks::Due& due : later_.Take(Now())) {
    if (due.whole) queue_.PutByItself({due.grant, Work::kProvision, due.urgency});
    if (!due.folders.empty()) HoldBack(due.grant, due.urgency, due.folders);
  }
}

// With the lock held. When to try something again that did not go well.
std::optional<Moment> Worker::NextRetry() const {
  const std::optional<Moment> job = queue_.NextRetry(), look = later_.Next();
  return job && look ? std::min(*job, *look) : job ? job : look;
}

}  // namespace acledger::daemon
