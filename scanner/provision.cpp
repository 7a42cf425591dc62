// SPDX-License-Identifier: MIT
#include "scanner/provision.h"

#include <algorithm>
#include <utility>

#include "scanner/handover.h"
#include "scanner/opener.h"
#include "scanner/records.h"
#include "scanner/revert.h"
#include "scanner/sweep.h"
#include "scanner/unlisted.h"
#include "security/wtf8.h"

namespace acledger::scanner {

using store::Change;
using store::ChangeState;
using store::GrantState;
using store::Reason;
using store::Verdict;

namespace {

// Batches between two flushes of the volume: what a crash makes the next start look at again.
constexpr int kBatchesAFlush = 64;

}  // namespace

Provision::Provision(Environment& environment, GrantContext& context) : environment_(environment), context_(context) {}

void Provision::Report(Phase phase) {
  environment_.progress.Report({phase, context_.grant.root, settled_, planned_, report_.changes, report_.failures});
}

// What others have on these objects: other grants, and records of what could not be taken back.
Expected<void> Provision::LookAround() {
  const Expected<std::vector<store::Grant>> grants = environment_.ledger.Grants();
  if (!grants) return std::unexpected(grants.error());
  alone_ = grants->size() == 1;
  const ChangeState states[] = {ChangeState::kMissing, ChangeState::kReverting};
  const Expected<std::vector<store::Tombstone>> missing = environment_.ledger.Tombstones(states);
  if (!missing) return std::unexpected(missing.error());
  missing_.clear();
  for (const store::Tombstone& one : *missing) missing_.insert(one.change.file_id);
  return {};
}

// True where there is something to plan.
Expected<bool> Provision::ScanAndSurvey() {
  store::Ledger& ledger = environment_.ledger;
  Expected<LiveEntries> live = LoadLiveEntries(ledger, context_.grant.id, &intents_);
  if (!live) return std::unexpected(live.error());
  live_ = std::move(*live);
  if (Expected<void> looked = LookAround(); !looked) return std::unexpected(looked.error());
  const bool was_complete = context_.grant.state == GrantState::kComplete;
  // However far it was: a stale grant is scanned again, from its root, and so is one that has another root now.
  const bool to_scan = was_complete || context_.grant.state == GrantState::kScanning || context_.grant.is_stale ||
                       IsRootReplaced(environment_.volume, context_.grant, context_.root);
  if (to_scan) {
    BulkReading reading(environment_);
    Scan scan(reading.Source(), ledger, context_.grant, *context_.policy, context_.root, context_.descriptors,
              environment_.progress);
    const Expected<ScanReport> scanned = scan.Run(environment_.Readers(), live_, environment_.stop);
    if (!scanned) return std::unexpected(scanned.error());
    report_.failures += scanned->failures;
    report_.unlisted += scanned->unlisted;
    if (scanned->root) context_.grant.root_id = *scanned->root;
    if (Expected<void> reloaded = context_.ReloadTree(ledger); !reloaded) return std::unexpected(reloaded.error());
    if (!scanned->complete) return false;
    const auto forgotten = ledger.InTransaction([&] { return ForgetParts(ledger, context_.grant); });
    if (!forgotten) return std::unexpected(forgotten.error());
    if (context_.grant.is_stale && !scanned->resumed) {
      if (Expected<void> fresh = ledger.SetStale(context_.grant.id, false); !fresh)
        return std::unexpected(fresh.error());
      context_.grant.is_stale = false;
    }
    if (was_complete && !scanned->resumed && scanned->rows_written + scanned->open_ends == 0) {
      // What an earlier run could not take out of what had moved away is no row of the index.
      for (const auto& [id, entry] : live_)
        if (!entry.met) displaced_.push_back(id);
      if (Expected<void> stripped = StripDisplaced(); !stripped) return std::unexpected(stripped.error());
      report_.complete = !stopped_;
      return false;
    }
  }
  if (Expected<void> set = ledger.SetGrantState(context_.grant.id, GrantState::kPlanning); !set)
    return std::unexpected(set.error());
  planner_.emplace(ledger, context_.grant, *context_.policy, context_.root, context_.descriptors, context_.tree, live_);
  if (Expected<void> surveyed = planner_->Survey(); !surveyed) return std::unexpected(surveyed.error());
  displaced_ = planner_->Displaced();
  planned_ = planner_->Total().Objects();
  return true;
}

// Asked once, before the first scan: what a volume says of itself is no proof (FAT, some redirectors).
Expected<bool> Provision::KeepsDescriptors() {
  if (!context_.tree.Entries().empty()) return true;
  const Expected<std::unique_ptr<Object>> root = OpenPath(environment_.volume, context_.root, Access::kRead);
  if (!root) return std::unexpected(root.error());
  const Expected<ObjectInfo> info = (*root)->Info();
  if (!info) return std::unexpected(Error(info.error()).At(context_.grant.root));
  if (!info->IsFolder()) return true;
  const Expected<void> kept = environment_.volume.ProbeDescriptors(**root);
  // No right to make a scratch file says nothing.
  if (kept || (kept.error().kind != ErrorKind::kUnsupported && kept.error().kind != ErrorKind::kNoEffect)) return true;
  if (Expected<void> cleared = environment_.ledger.ClearFailures(context_.grant.id); !cleared)
    return std::unexpected(cleared.error());
  const Change root_itself;
  if (Expected<void> failed = Fail(root_itself, "WRITE_DAC", kept.error()); !failed)
    return std::unexpected(failed.error());
  return false;
}

Expected<ProvisionReport> Provision::Run() {
  const Expected<bool> keeps = KeepsDescriptors();
  if (!keeps) return std::unexpected(keeps.error());
  report_.complete = !*keeps;  // There is nothing more to do for this root.
  if (!*keeps) return report_;
  const Expected<bool> to_plan = ScanAndSurvey();
  if (!to_plan) return std::unexpected(to_plan.error());
  if (!*to_plan) return report_;
  if (Expected<void> set = environment_.ledger.SetGrantState(context_.grant.id, GrantState::kApplying); !set)
    return std::unexpected(set.error());
  if (Expected<void> told = RescanOthers(environment_.ledger, context_.grant); !told)
    return std::unexpected(told.error());
  if (Expected<void> applied = ApplyAll(); !applied) return std::unexpected(applied.error());
  if (stopped_) return report_;
  if (Expected<void> stripped = Strip(); !stripped) return std::unexpected(stripped.error());
  if (stopped_) return report_;
  if (Expected<void> set = environment_.ledger.SetGrantState(context_.grant.id, GrantState::kComplete); !set)
    return std::unexpected(set.error());
  report_.complete = true;
  return report_;
}

Expected<void> Provision::Strip() {
  if (Expected<void> stripped = StripDisplaced(); !stripped || stopped_) return stripped;
  return StripExcluded();
}

// What was created (or moved) below a folder that passed our entry on, and is not to have it.
Expected<void> Provision::StripExcluded() {
  for (const PathComponents& path : planner_->Strays()) {
    Sweep sweep(environment_, context_, Sweep::Mode::kExcluded);
    const Expected<SweepReport> swept = sweep.Run(path);
    if (!swept) return std::unexpected(swept.error());
    report_.stripped += swept->stripped;
    report_.changes += swept->stripped;
    report_.failures += swept->failed + swept->unreadable;
    report_.unsettled = report_.unsettled || swept->failed > 0;
    stopped_ = swept->stopped;
    if (stopped_) break;  // The index keeps the stray, so that the next run sweeps it again.
    if (swept->stripped > 0)
      if (Expected<void> noted = NoteStripped(path); !noted) return noted;
  }
  if (report_.stripped == 0) return {};
  return FlushAndFinalize(environment_);
}

// What was granted here and has moved to where the grant does not reach, or into a folder that is left out.
Expected<void> Provision::StripDisplaced() {
  if (displaced_.empty()) return {};
  const Expected<std::vector<store::Failure>> failures = environment_.ledger.Failures();
  if (!failures) return std::unexpected(failures.error());
  // Behind what could not be looked at they may be where they belong. In a part, the look at the folder where an object
  // is now tells what it needs.
  const bool unsure = is_part_ || std::ranges::any_of(*failures, [&](const store::Failure& failure) {
                        return failure.grant == context_.grant.id && failure.right != "WRITE_DAC";
                      });
  std::vector<Change> changes;
  for (const FileId& id : displaced_) {
    const Expected<std::unique_ptr<Object>> object = environment_.volume.OpenById(id, Access::kRead);
    if (!object && object.error().kind == ErrorKind::kNotFound) continue;  // Gone; the record stays until the rollback.
    if (unsure && !object) report_.undecided += MayPass(object.error().kind);
    if (unsure && (!object || BelongsElsewhere(**object))) continue;
    const Expected<std::vector<Change>> live = environment_.ledger.LiveChangesOf(id);
    if (!live) return std::unexpected(live.error());
    for (const Change& change : *live)
      if (change.grant == context_.grant.id && change.state != ChangeState::kIntent) changes.push_back(change);
  }
  if (changes.empty()) return {};
  if (Expected<void> told = RescanOthers(environment_.ledger, context_.grant); !told) return told;
  RollbackReport report;
  if (Expected<void> reverted = Revert(environment_, context_, report).Run(std::move(changes)); !reverted)
    return reverted;
  stopped_ = stopped_ || report.stopped;
  report_.stripped += report.restored + report.drifted;
  report_.changes += report.writes;
  report_.failures += report.failed;
  report_.unsettled = report_.unsettled || report.failed > 0;
  return {};
}

// The index tells what the left-out object holds now.
Expected<void> Provision::NoteStripped(const PathComponents& path) {
  const Expected<std::unique_ptr<Object>> object = OpenPath(environment_.volume, path, Access::kRead);
  security::DescriptorBytes bytes;
  if (!object || !(*object)->ReadDescriptor(bytes)) return {};  // The next scan tells.
  const Expected<store::DescriptorId> now = context_.descriptors.Intern(bytes);
  if (!now) return std::unexpected(now.error());
  std::vector<std::string> names;
  for (const std::u16string& component : path) names.push_back(ToWtf8(component));
  const auto found = environment_.ledger.Find(names);
  if (!found) return std::unexpected(found.error());
  for (const store::Ledger::Found& one : *found) {
    if (one.grant.id != context_.grant.id || one.folder == 0) continue;
    store::Node node = one.node;
    node.descriptor = *now;
    return environment_.ledger.UpdateNode(one.folder, node);
  }
  return {};
}

Expected<ProvisionReport> Provision::DryRun(const OnIntent& on_intent, store::Counts& counts) {
  context_.grant.state = GrantState::kScanning;
  const Expected<bool> to_plan = ScanAndSurvey();
  if (!to_plan) return std::unexpected(to_plan.error());
  if (!*to_plan) return report_;
  for (;;) {
    std::vector<Change> intents;
    const Expected<void> planned = environment_.ledger.InTransaction([&]() -> Expected<void> {
      if (Expected<void> next = planner_->Next(environment_.batch, intents); !next) return next;
      return planner_->StoreCounts();
    });
    if (!planned) return std::unexpected(planned.error());
    report_.complete = intents.empty();
    for (const Change& intent : intents) on_intent(intent);
    if (report_.complete || environment_.stop) break;
  }
  counts += planner_->Total();
  return report_;
}

Expected<void> Provision::Fail(const Change& change, const char* right, const Error& error) {
  ++report_.failures;
  PathComponents path = context_.root;
  if (change.folder != 0) {
    path = context_.tree.Components(context_.root, change.folder);
    path.push_back(FromWtf8(change.name).value_or(u"?"));
  }
  return environment_.ledger.AddFailure({context_.grant.id, FormatPath(path), right, context_.grant.principal, error});
}

// The object changed under our hands, or is in use: decide again.
Expected<void> Provision::Again(const Change& change, store::DescriptorId current, const Error& last) {
  results_.push_back({change.id, ChangeState::kAbandoned});
  const Expected<bool> again = planner_->Retry(change, current);
  if (!again) return std::unexpected(again.error());
  if (*again) return {};
  if (Expected<void> failed = Fail(change, "WRITE_DAC", last); !failed) return failed;
  return planner_->Settled(change, Verdict::kFailed, Reason::kNone, current);
}

// Where it is now the grant may not reach, or leave it out: the next scan finds it there.
Expected<void> Provision::Moved(const Change& change) {
  results_.push_back({change.id, ChangeState::kAbandoned});
  const Expected<bool> again = planner_->Retry(change, change.before);
  if (!again) return std::unexpected(again.error());
  if (*again) return {};
  return planner_->Settled(change, Verdict::kUnknown, Reason::kNone, change.before);
}

Expected<void> Provision::WaitForSource(const Change& change) {
  results_.push_back({change.id, ChangeState::kAbandoned});
  const Expected<bool> again = planner_->RetryAfterSource(change);
  if (!again) return std::unexpected(again.error());
  if (*again) return {};
  const Error error{ErrorKind::kBusy, "write DACL", {}, 0, "the folder that it inherits from cannot be written"};
  if (Expected<void> failed = Fail(change, "WRITE_DAC", error); !failed) return failed;
  return planner_->Settled(change, Verdict::kFailed, Reason::kNone, change.before);
}

Expected<void> Provision::Applied(const Change& change) {
  Expected<void> recorded;
  const bool is_met =
      live_.contains(change.file_id) || missing_.contains(change.file_id) || intents_.contains(change.file_id);
  if (alone_ && change.Adds() && !is_met)
    results_.push_back({change.id, ChangeState::kApplied});
  else
    recorded = RecordApplied(environment_.ledger, change, results_);
  if (!recorded) return recorded;
  if (change.Adds())
    live_[change.file_id] = {change.id, change.original, change.after, change.entry_flags};
  else
    live_.erase(change.file_id);
  return {};
}

// Someone edited the object. If that was between our write and the look at it, our entry is there.
Expected<void> Provision::MovedOn(const BatchRunner::Done& done) {
  const Change& change = done.change;
  const Expected<store::DescriptorId> current = context_.descriptors.Intern(done.result.current);
  if (!current) return std::unexpected(current.error());
  const Expected<bool> before = context_.descriptors.Has(change.before, change.entry_flags);
  if (!before) return std::unexpected(before.error());
  const Expected<bool> now = context_.descriptors.Has(*current, change.entry_flags);
  if (!now) return std::unexpected(now.error());
  if (!change.Adds() || *before || !*now)
    return Again(change, *current, Error{ErrorKind::kBusy, "write DACL", {}, 0, "others keep changing the descriptor"});
  if (Expected<void> applied = Applied(change); !applied) return applied;
  return planner_->Settled(change, Verdict::kDrifted, Reason::kEdited, *current);
}

Expected<void> Provision::RecordOne(const BatchRunner::Done& done) {
  const Change& change = done.change;
  const WorkResult& result = done.result;
  report_.changes += result.wrote;
  ++settled_;
  switch (result.outcome) {
    case WorkOutcome::kDone:
    case WorkOutcome::kAlready:
      if (Expected<void> applied = Applied(change); !applied) return applied;
      return planner_->Applied(change);
    case WorkOutcome::kMovedOn:
      return MovedOn(done);
    case WorkOutcome::kNoSource:
      return WaitForSource(change);
    case WorkOutcome::kMoved:
      return Moved(change);
    case WorkOutcome::kGone:
      results_.push_back({change.id, ChangeState::kAbandoned});
      return planner_->Settled(change, Verdict::kUnknown, Reason::kNone, change.before);
    case WorkOutcome::kOtherName:
      results_.push_back({change.id, ChangeState::kAbandoned});
      return planner_->Settled(change, Verdict::kSkipped, Reason::kHardLink, change.before);
    case WorkOutcome::kRefused:
      results_.push_back({change.id, ChangeState::kAbandoned});
      return planner_->Settled(change, Verdict::kDenied, Reason::kNotRequesters, change.before);
    case WorkOutcome::kFailed:
      break;
  }
  if (result.error->kind == ErrorKind::kBusy && !result.uncertain) return Again(change, change.before, *result.error);
  // Uncertain: the intent stays, and the object is asked before the next run.
  report_.unsettled = report_.unsettled || result.uncertain;
  if (!result.uncertain) results_.push_back({change.id, ChangeState::kAbandoned});
  if (Expected<void> failed = Fail(change, result.right, *result.error); !failed) return failed;
  return planner_->Settled(change, Verdict::kFailed, Reason::kNone, change.before);
}

Expected<void> Provision::Record(const std::vector<BatchRunner::Done>& done) {
  results_.clear();
  for (const BatchRunner::Done& one : done)
    if (Expected<void> recorded = RecordOne(one); !recorded) return recorded;
  return environment_.ledger.RecordResults(results_);
}

Expected<void> Provision::ApplyAll() {
  BatchRunner runner(environment_, context_.descriptors, context_.tree, context_.root, context_.grant.root_id,
                     &*context_.policy, &context_.requester);
  std::vector<BatchRunner::Done> done;
  std::uint64_t seen = 0;
  for (int batches = 1;; ++batches) {
    if (environment_.waited)
      for (const PathComponents& path : environment_.waited->New(seen)) planner_->Prefer(path);
    // While the writer has one batch, the next one is decided and made durable; results ride along.
    std::vector<Change> intents;
    const Expected<void> recorded = environment_.ledger.InTransaction([&]() -> Expected<void> {
      if (Expected<void> kept = Record(done); !kept) return kept;
      // Who is stopped each time before the first batch would survey for ever.
      stopped_ = environment_.stop && batches > 1;
      if (!stopped_)
        if (Expected<void> planned = planner_->Next(environment_.batch, intents); !planned) return planned;
      if (Expected<void> kept = environment_.ledger.RecordIntents(intents); !kept) return kept;
      return planner_->StoreCounts();
    });
    if (!recorded) return recorded;
    Report(Phase::kApplying);
    done = runner.Take();
    if (intents.empty() && done.empty()) break;
    if (!intents.empty())
      if (Expected<void> started = runner.Start(std::move(intents), BatchRunner::Direction::kApply); !started)
        return started;
    if (batches % kBatchesAFlush == 0)
      if (Expected<bool> flushed = FlushIfPossible(environment_.volume); !flushed)
        return std::unexpected(flushed.error());
  }
  // A look that found nothing to write has nothing to wait for.
  return is_part_ && report_.changes == 0 ? Expected<void>{} : runner.Flush();
}

}  // namespace acledger::scanner
