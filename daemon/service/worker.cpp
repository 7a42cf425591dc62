// SPDX-License-Identifier: MIT
#include "daemon/service/worker.h"

#include <algorithm>
#include <utility>

#include "daemon/service/system.h"
#include "scanner/path.h"

namespace acledger::daemon {

using store::Grant;
using store::GrantState;

// Passes the engine's progress on, with the job that it belongs to.
class Worker::Relay final : public scanner::Progress {
 public:
  Relay(Worker& worker, WorkerObserver& observer) : worker_(worker), observer_(observer) {}

  void Begin(const Job& job) { job_ = job; }
  // The engine reports between two batches, with no transaction open: the place to rest.
  void Report(const scanner::ProgressState& state) override {
    worker_.NoteReport();
    worker_.MarkMissed(job_.grant);
    observer_.OnProgress(job_, state);
    worker_.Rest(false);
  }
  void Note(const std::string& text) override { observer_.OnNote(job_, text); }

 private:
  Worker& worker_;
  WorkerObserver& observer_;
  Job job_;
};

namespace {

// Of one grant, to be looked at again; beyond that everything is.
constexpr std::size_t kMostFolders = 16'384;

void Fail(JobReport& report, const Error& error) {
  report.how = Ended::kFailed;
  report.error = error;
}

// A comparison that found something: what is missing is to be repaired.
bool FoundDifferences(const JobReport& report) {
  const auto* verified = std::get_if<scanner::VerifyReport>(&report.result);
  return verified && report.how == Ended::kDone && verified->differences > 0;
}

Expected<std::optional<Grant>> FindGrant(store::Ledger& ledger, store::GrantId id) {
  const Expected<std::vector<Grant>> grants = ledger.Grants();
  if (!grants) return std::unexpected(grants.error());
  const auto found = std::ranges::find(*grants, id, &Grant::id);
  return found == grants->end() ? std::nullopt : std::optional(*found);
}

// A grant may have been wanted again, or no more, since the job was queued.
Work WorkNow(Work queued, const Grant& grant) {
  if (grant.state == GrantState::kRollingBack) return Work::kRollback;
  return queued == Work::kRollback ? Work::kProvision : queued;
}

}  // namespace

std::optional<Work> UnfinishedWork(GrantState state) {
  switch (state) {
    case GrantState::kScanning:
    case GrantState::kPlanning:
    case GrantState::kApplying:
      return Work::kProvision;
    case GrantState::kRollingBack:
      return Work::kRollback;
    case GrantState::kComplete:
    case GrantState::kRolledBack:
    case GrantState::kPartOf:
      break;
  }
  return std::nullopt;
}

Worker::Worker(scanner::Volume& volume, store::Ledger& ledger, WorkerObserver& observer, unsigned readers,
               LoadSource* load, const PaceSettings& pace)
    : volume_(volume),
      ledger_(ledger),
      observer_(observer),
      readers_(readers),
      relay_(std::make_unique<Relay>(*this, observer)),
      engine_({.volume = volume_,
               .ledger = ledger_,
               .progress = *relay_,
               .stop = give_way_,
               .readers = readers_,
               .waited = &waited_}),
      pace_(load, pace) {}

Worker::~Worker() { Stop(); }

Expected<void> Worker::Prepare(const scanner::StopFlag& stop) {
  relay_->Begin({});
  scanner::Engine settler(
      {.volume = volume_, .ledger = ledger_, .progress = *relay_, .stop = stop, .readers = readers_});
  const auto settled = settler.Settle();
  if (!settled) return std::unexpected(settled.error());
  if (settled->adopted) observer_.OnAdopted();
  if (const auto released = engine_.ReleaseUnheld(); !released) return std::unexpected(released.error());
  if (Expected<void> queued = QueueUnfinished(); !queued) return queued;
  const Expected<std::vector<Grant>> grants = ledger_.Grants();
  if (!grants) return std::unexpected(grants.error());
  for (const Grant& grant : *grants)
    if (Expected<void> planned = PlanLater(grant.id, false); !planned) return planned;
  const Expected<std::vector<store::TombstoneCounts>> left = ledger_.CountTombstones();
  if (!left) return std::unexpected(left.error());
  to_revisit_ = std::ranges::any_of(*left, [](const auto& one) { return one.missing + one.unreachable > 0; });
  return {};
}

void Worker::Stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    ending_ = adoption_ends_ = true;
    Reconsider();
  }
  thread_.join();
}

void Worker::Post(Command command) {
  const std::lock_guard lock(mutex_);
  commands_.push_back(std::move(command));
  Reconsider();
}

Moment Worker::Now() const { return std::chrono::duration_cast<Moment>(std::chrono::steady_clock::now() - begun_); }

void Worker::LookAt(store::GrantId grant, Urgency urgency, const std::vector<scanner::PathComponents>& folders) {
  const std::lock_guard lock(mutex_);
  if (folders.empty() && !changed_folders_.contains(grant)) return;
  HoldBack(grant, urgency, folders);
}

// With the lock held.
void Worker::HoldBack(store::GrantId grant, Urgency urgency, const std::vector<scanner::PathComponents>& folders) {
  auto& held = changed_folders_[grant];
  held.insert(folders.begin(), folders.end());
  if (held.size() > kMostFolders) {
    changed_folders_.erase(grant);
    missed_.emplace(grant, urgency);
  } else {
    queue_.PutByItself({grant, Work::kLook, urgency});
  }
  Reconsider();
}

void Worker::IsWaitedFor(const std::string& path) {
  if (Expected<scanner::ParsedPath> parsed = scanner::ParsePath(path)) waited_.Add(std::move(parsed->components));
}

void Worker::Missed(store::GrantId grant, Urgency urgency) {
  const std::lock_guard lock(mutex_);
  missed_.emplace(grant, urgency);
  Reconsider();
}

// On the worker's thread, outside of a transaction. `but`: the grant that is being worked on, whose turn comes at the
// end of its job.
void Worker::MarkMissed(std::optional<store::GrantId> but) {
  std::map<store::GrantId, Urgency> missed;
  {
    const std::lock_guard lock(mutex_);
    for (auto at = missed_.begin(); at != missed_.end();)
      if (at->first == but)
        ++at;
      else
        missed.insert(missed_.extract(at++));
  }
  for (const auto& [grant, urgency] : missed) {
    const Expected<std::optional<Grant>> known = FindGrant(ledger_, grant);
    // Rolled back, or about to be, or another one's now.
    const bool is_over =
        known && (!*known || (*known)->state == GrantState::kPartOf || (*known)->state == GrantState::kRollingBack);
    // One that is not complete begins anew: what it would go on from is not true any more. A ledger that cannot be
    // written makes the look fail too, which is told and tried again.
    if (!is_over && known && !(*known)->is_stale) static_cast<void>(ledger_.SetStale(grant, true));
    const std::lock_guard lock(mutex_);
    changed_folders_.erase(grant);  // The whole look includes them.
    if (!is_over) queue_.PutByItself({grant, Work::kProvision, urgency, known && (*known)->on_hold});
  }
}

void Worker::LookAtAllAfterwards(store::GrantId grant, Urgency urgency) {
  const std::lock_guard lock(mutex_);
  afterwards_.emplace(grant, urgency);
}

bool Worker::HoldsBack() {
  const std::lock_guard lock(mutex_);
  return !changed_folders_.empty() || !missed_.empty() || !afterwards_.empty();
}

// With the lock held.
void Worker::Reconsider() {
  give_way_ = ending_ || (!commands_.empty() && MayInterrupt()) || queue_.ShouldYield(Now());
  changed_.notify_one();
}

// With the lock held. A job that begins anew has to find out again where it stood. As long as that took it then works
// before it ends for a command: a stream of commands takes half of its time, and not all of it.
bool Worker::MayInterrupt() const {
  return !queue_.Running() || (interruptible_ && *interruptible_ <= std::max(Now(), resting_until_));
}

void Worker::NoteReport() {
  const std::lock_guard lock(mutex_);
  const Moment now = Now();
  if (!interruptible_) interruptible_ = now + (now - job_begun_);
  if (!give_way_ && !commands_.empty()) Reconsider();
}

void Worker::Loop() {
  std::unique_lock lock(mutex_);
  TakePriority();
  AdoptFirst(lock);
  while (!ending_) {
    RunCommands(lock);
    if (ending_) break;
    TakeLater();
    if (!missed_.empty()) {
      lock.unlock();
      MarkMissed(std::nullopt);
      lock.lock();
      continue;
    }
    if (const std::optional<Job> job = queue_.Next(Now())) {
      RunJob(lock, *job);
    } else if (!commands_.empty() || !missed_.empty()) {
      continue;
    } else if (to_revisit_ && !queue_.IsPaused()) {
      RevisitAll(lock);
    } else if (const std::optional<Moment> retry = NextRetry()) {
      changed_.wait_until(lock, begun_ + *retry);
    } else {
      changed_.wait(lock);
    }
  }
}

void Worker::RevisitAll(std::unique_lock<std::mutex>& lock) {
  give_way_ = false;
  relay_->Begin({});
  lock.unlock();
  const Expected<scanner::RollbackReport> left = engine_.Revisit([](const Grant&) { return true; });
  if (!left) observer_.OnTrouble(left.error());
  lock.lock();
  to_revisit_ = left && left->stopped && !ending_;  // Then after what was more urgent.
}

void Worker::SetPace(const PaceSettings& settings) {
  const std::lock_guard lock(mutex_);
  pace_.Set(settings);
  pace_changed_ = true;
  changed_.notify_one();
}

Speed Worker::CurrentSpeed() {
  const std::lock_guard lock(mutex_);
  // Who does nothing waits for nothing.
  if (queue_.Running() || pace_.Settings().full_speed) return pace_.Now();
  return Speed::kPolite;
}

// With the lock held, on the worker's thread.
void Worker::TakePriority() {
  const bool gives_way = !pace_.Settings().full_speed;
  if (std::exchange(gives_way_to_others_, gives_way) != gives_way) GiveWayToOthers(gives_way);
}

bool Worker::RunsWhatIsWaitedFor() const {
  const std::optional<Job> running = queue_.Running();
  return running && running->urgency == Urgency::kWaitedFor;
}

// On the worker's thread, between two batches or before the first one. Over at once when the job is to give way, is
// waited for, or the pace is set anew.
void Worker::Rest(bool is_begin) {
  std::unique_lock lock(mutex_);
  if (is_begin) pace_.Begin(Now());
  while (!give_way_) {
    pace_changed_ = false;
    TakePriority();
    const Breath breath = pace_.Next(Now(), RunsWhatIsWaitedFor());
    if (breath.trouble) {
      lock.unlock();
      observer_.OnTrouble(*breath.trouble);
      lock.lock();
    }
    if (breath.rest <= Moment{}) return;
    resting_until_ = Now() + breath.rest;
    Reconsider();
    const bool woken = changed_.wait_for(lock, breath.rest, [this] {  //
      return give_way_ || pace_changed_ || RunsWhatIsWaitedFor();
    });
    resting_until_ = {};
    if (!woken && !breath.ask_again) return;
  }
}

void Worker::Wishes::Put(const Job& job) {
  worker_.WithQueue([&](Queue& queue) { queue.Put(job); });
}

void Worker::RunCommands(std::unique_lock<std::mutex>& lock) {
  while (!commands_.empty() && !ending_) {
    const std::vector<Command> commands = std::exchange(commands_, {});
    give_way_ = false;
    for (const Command& command : commands) {
      Wishes wishes(*this);
      lock.unlock();
      command(engine_, ledger_, wishes);
      lock.lock();
    }
  }
}

void Worker::RunJob(std::unique_lock<std::mutex>& lock, const Job& job) {
  interruptible_ = Moment{};  // As long as it only rests.
  Reconsider();
  relay_->Begin(job);
  lock.unlock();
  Rest(true);
  lock.lock();
  if (give_way_) return queue_.End(Ended::kStopped, Now());
  job_begun_ = Now();
  interruptible_.reset();
  lock.unlock();
  const JobReport report = Do(job);
  NoteUnlisted(report);
  lock.lock();
  if (report.held) queue_.Hold(job.grant);
  queue_.End(report.how, Now());
  to_revisit_ = to_revisit_ || job.work == Work::kVerify;
  if (FoundDifferences(report)) queue_.PutByItself({job.grant, Work::kProvision, job.urgency});
  if (job.work != Work::kLook && !report.held) AfterWhole(report);
  lock.unlock();
  observer_.OnEnded(report);
  lock.lock();
}

// With the lock held.
void Worker::AfterWhole(const JobReport& report) {
  const store::GrantId grant = report.job.grant;
  // What was too much to be told while we wrote was for the most part our own writes: what others did among them is
  // looked for, and until then the index stands, which we read back.
  const auto* provisioned = std::get_if<scanner::ProvisionReport>(&report.result);
  const bool wrote = provisioned && provisioned->changes > 0;
  if (wrote && !report.was_stale && missed_.contains(grant)) afterwards_.insert(missed_.extract(grant));
  if (report.how == Ended::kDone)
    if (const auto found = afterwards_.find(grant); found != afterwards_.end()) {
      queue_.PutByItself({grant, Work::kProvision, found->second});
      afterwards_.erase(found);
      changed_folders_.erase(grant);
    }
  if (changed_folders_.contains(grant)) queue_.PutByItself({grant, Work::kLook, report.job.urgency});
}

JobReport Worker::Do(const Job& job) {
  JobReport report;
  report.job = job;
  const Expected<std::optional<Grant>> grant = FindGrant(ledger_, job.grant);
  if (!grant) {
    Fail(report, grant.error());
    return report;
  }
  if (!*grant) {  // Rolled back together with another one.
    Forget(job.grant);
    if (job.work == Work::kRollback) report.result = scanner::RollbackReport{};
    return report;
  }
  report.root = (*grant)->root;
  report.was_stale = (*grant)->is_stale;
  const Work work = WorkNow(job.work, **grant);
  // Who wants it done takes it off hold first. A comparison changes nothing.
  if ((*grant)->on_hold && work != Work::kVerify) {
    report.held = true;
    report.how = Ended::kStopped;
    return report;
  }
  report.job.work = work;
  engine_.SetIndexUse(job.index);
  switch (work) {
    case Work::kLook:
      DoLook(**grant, report);
      break;
    case Work::kProvision:
      DoProvision(**grant, report);
      break;
    case Work::kVerify:
      DoVerify(**grant, report);
      break;
    case Work::kRollback:
      DoRollback(report);
      break;
  }
  return report;
}

void Worker::DoProvision(const Grant& grant, JobReport& report) {
  const Expected<scanner::ProvisionReport> done = engine_.Provision({grant});
  if (!done) return Fail(report, done.error());
  report.result = *done;
  if (!done->complete) report.how = Ended::kStopped;
}

void Worker::DoVerify(const Grant& grant, JobReport& report) {
  const Expected<scanner::VerifyReport> done = engine_.Verify({grant});
  if (!done) return Fail(report, done.error());
  report.result = *done;
  if (!done->complete) report.how = Ended::kStopped;
}

void Worker::DoLook(const Grant& grant, JobReport& report) {
  scanner::ProvisionReport nothing;
  nothing.complete = true;
  nothing.differs = false;
  report.result = nothing;
  std::set<scanner::PathComponents> folders;
  {
    const std::lock_guard lock(mutex_);
    if (const auto at = changed_folders_.find(grant.id); at != changed_folders_.end())
      folders = std::move(changed_folders_.extract(at).mapped());
  }
  if (folders.empty() || grant.state == GrantState::kPartOf) return;
  // What was begun is finished first; then they are looked at.
  if (grant.state != GrantState::kComplete) {
    const std::lock_guard lock(mutex_);
    changed_folders_[grant.id].merge(folders);
    queue_.PutByItself({grant.id, Work::kProvision, report.job.urgency});
    return;
  }
  report.folders.assign(folders.begin(), folders.end());
  const Expected<scanner::ProvisionReport> done = engine_.LookAgain(grant, report.folders);
  if (!done || !done->complete) {  // Then these are still to be looked at.
    const std::lock_guard lock(mutex_);
    changed_folders_[grant.id].merge(folders);
  }
  if (!done) return Fail(report, done.error());
  report.result = *done;
  if (done->complete) return;
  report.how = Ended::kStopped;
  // What was begun is finished as a whole.
  const Expected<std::optional<Grant>> now = FindGrant(ledger_, grant.id);
  if (!now || !*now || (*now)->state == GrantState::kComplete) return;
  const std::lock_guard lock(mutex_);
  queue_.PutByItself({grant.id, Work::kProvision, report.job.urgency});
}

void Worker::Forget(store::GrantId grant) {
  const std::lock_guard lock(mutex_);
  changed_folders_.erase(grant);
  missed_.erase(grant);
  afterwards_.erase(grant);
  later_.Forget(grant);
}

void Worker::DoRollback(JobReport& report) {
  std::vector<store::GrantId> together{report.job.grant};
  {
    const std::lock_guard lock(mutex_);
    for (const Job& other : queue_.Jobs())
      if (other.work == Work::kRollback && !other.on_hold && other.grant != report.job.grant)
        together.push_back(other.grant);
  }
  const Expected<scanner::RollbackReport> done = engine_.RollbackGrants(together);
  if (!done) return Fail(report, done.error());
  report.result = *done;
  if (done->complete) return;
  if (done->stopped) {
    report.how = Ended::kStopped;
    return;
  }
  Fail(report, {ErrorKind::kIo, "roll back", report.root, 0,
                std::to_string(done->failed) + " changes could not be taken back, " + std::to_string(done->remaining) +
                    " entries remain (acledger failures lists them)"});
}

}  // namespace acledger::daemon
