// SPDX-License-Identifier: MIT
#include "scanner/revert.h"

#include <algorithm>
#include <iterator>

#include "scanner/lost_change.h"
#include "scanner/records.h"
#include "security/wtf8.h"

namespace acledger::scanner {

using store::Change;
using store::ChangeState;

namespace {

constexpr int kTries = 3;

}  // namespace

Revert::Revert(Environment& environment, GrantContext& context, RollbackReport& report)
    : environment_(environment), context_(context), report_(report) {}

// Fills in what the object is expected to hold and what it is to hold. By construction that is the former less one
// entry of this grant: whatever a forged row says, no other descriptor is ever written.
Expected<void> Revert::Prepare(Change& change) {
  if (!drifted_.contains(change.id)) {
    change.revert_from = change.after;
    const Expected<std::vector<Change>> live =
        alone_ ? std::vector<Change>{} : environment_.ledger.LiveChangesOf(change.file_id);
    if (!live) return std::unexpected(live.error());
    for (const Change& other : *live)
      if (other.state == ChangeState::kApplied || other.state == ChangeState::kFinal) change.revert_from = other.after;
  }
  const Expected<store::DescriptorId> bare = context_.descriptors.Without(change.revert_from, change.entry_flags);
  if (bare) {
    change.revert_to = *bare;
    return {};
  }
  if (bare.error().kind != ErrorKind::kCorrupt && bare.error().kind != ErrorKind::kNotFound)
    return std::unexpected(bare.error());
  // What we left there cannot be read any more. No object holds nothing, so this one has moved on: our entry is taken
  // out of what it holds.
  const Expected<store::DescriptorId> nothing = environment_.ledger.Intern({});
  if (!nothing) return std::unexpected(nothing.error());
  change.revert_from = change.revert_to = *nothing;
  return {};
}

// Others' records of the same object go on from what it holds now.
Expected<void> Revert::Reverted(const Change& change, store::DescriptorId now) {
  if (!alone_) return RecordReverted(environment_.ledger, change, now, results_);
  results_.push_back({change.id, ChangeState::kReverted});
  return {};
}

std::string Revert::PathOf(const Change& change) const {
  PathComponents path = context_.root;
  if (change.folder != 0 && context_.tree.Contains(change.folder)) {
    path = context_.tree.Components(context_.root, change.folder);
    path.push_back(FromWtf8(change.name).value_or(u"?"));
  }
  return FormatPath(path);
}

Expected<void> Revert::Fail(const Change& change, const char* right, const Error& error) {
  ++report_.failed;
  const std::string path = PathOf(change);
  if (Expected<void> added = Entomb(environment_.ledger, change, path, right, error); !added) return added;
  return environment_.ledger.AddFailure({context_.grant.id, path, right, context_.grant.principal, error});
}

// Nothing says that it will not come back (a volume that is put back, a folder that a filter hid).
Expected<void> Revert::Missing(const BatchRunner::Done& done) {
  ++report_.missing;
  results_.push_back({done.change.id, ChangeState::kMissing});
  return Entomb(environment_.ledger, done.change, PathOf(done.change), done.result.right, *done.result.error);
}

// The flags of our entry in what the object holds now: those of the record, or others that were not there before us
// (who protects an object may turn inherited entries into explicit ones).
Expected<std::optional<std::uint8_t>> Revert::OursIn(store::DescriptorId current, const Change& change) {
  const Expected<bool> same = context_.descriptors.Has(current, change.entry_flags);
  if (!same) return std::unexpected(same.error());
  if (*same) return change.entry_flags;
  const Expected<std::optional<std::uint8_t>> other = context_.descriptors.ShapeOfOurs(current);
  if (!other || !*other) return other;
  const Expected<bool> before = context_.descriptors.Has(change.original, **other);
  if (!before) return std::unexpected(before.error());
  return *before ? std::nullopt : *other;
}

// The object holds neither: our entry is taken out of what it holds, in another step that is recorded first.
Expected<void> Revert::MovedOn(const BatchRunner::Done& done) {
  const Change& change = done.change;
  const Expected<store::DescriptorId> current = context_.descriptors.Intern(done.result.current);
  if (!current) return std::unexpected(current.error());
  const Expected<std::optional<std::uint8_t>> ours = OursIn(*current, change);
  if (!ours) return std::unexpected(ours.error());
  if (!*ours) {
    report_.already_gone += change.state != ChangeState::kIntent;
    return Reverted(change, *current);
  }
  if (++tries_[change.id] >= kTries)
    return Fail(change, "WRITE_DAC", {ErrorKind::kBusy, "write DACL", {}, 0, "others keep changing the descriptor"});
  drifted_.insert(change.id);
  Change again = change;
  again.entry_flags = **ours;
  again.revert_from = *current;
  queue_.push_back(std::move(again));
  return {};
}

Expected<void> Revert::RecordOne(const BatchRunner::Done& done) {
  const Change& change = done.change;
  report_.writes += done.result.wrote;
  const bool was_there = change.state != ChangeState::kIntent;  // An intent may never have been carried out.
  switch (done.result.outcome) {
    case WorkOutcome::kDone:
      ++done_;
      ++(drifted_.contains(change.id) ? report_.drifted : report_.restored);
      return Reverted(change, change.revert_to);
    case WorkOutcome::kAlready: {
      ++done_;
      // A rollback that was broken off had come so far.
      const bool by_us = change.state == ChangeState::kReverting && !drifted_.contains(change.id);
      (by_us ? report_.restored : report_.already_gone) += was_there;
      return Reverted(change, change.revert_to);
    }
    case WorkOutcome::kGone:
      ++done_;
      return Missing(done);
    case WorkOutcome::kMovedOn:
      return MovedOn(done);
    case WorkOutcome::kMoved:
    case WorkOutcome::kNoSource:
    case WorkOutcome::kRefused:
    case WorkOutcome::kOtherName:
    case WorkOutcome::kFailed:
      break;
  }
  if (done.result.error->kind == ErrorKind::kBusy && ++tries_[change.id] < kTries) {
    queue_.push_back(change);
    return {};
  }
  return Fail(change, done.result.right, *done.result.error);
}

Expected<void> Revert::Record(const std::vector<BatchRunner::Done>& done) {
  results_.clear();
  for (const BatchRunner::Done& one : done)
    if (Expected<void> recorded = RecordOne(one); !recorded) return recorded;
  return environment_.ledger.RecordResults(results_);
}

Expected<void> Revert::Run() {
  // Of an intent that a run left without a result, the object tells whether there is anything to take back.
  const ChangeState states[] = {ChangeState::kIntent, ChangeState::kApplied, ChangeState::kFinal,
                                ChangeState::kReverting};
  Expected<std::vector<Change>> changes = environment_.ledger.Changes(context_.grant.id, states);
  if (!changes) return std::unexpected(changes.error());
  const ChangeState missing[] = {ChangeState::kMissing};
  const Expected<std::vector<store::Tombstone>> tombstones = environment_.ledger.Tombstones(missing);
  if (!tombstones) return std::unexpected(tombstones.error());
  AddReturned(*tombstones, *changes);
  return Run(std::move(*changes));
}

Expected<bool> Revert::Run(std::span<const store::Tombstone> tombstones) {
  std::vector<Change> changes;
  for (const store::Tombstone& one : tombstones)
    if (one.change.state == ChangeState::kReverting && one.change.grant == context_.grant.id)
      changes.push_back(one.change);
  AddReturned(tombstones, changes);
  if (changes.empty()) return false;
  // Nothing else failed of a grant that is rolled back.
  if (context_.grant.state == store::GrantState::kRolledBack)
    if (Expected<void> cleared = environment_.ledger.ClearFailures(context_.grant.id); !cleared)
      return std::unexpected(cleared.error());
  if (Expected<void> run = Run(std::move(changes)); !run) return std::unexpected(run.error());
  return true;
}

// By id, wherever it is. What is gone still costs one open and no write.
void Revert::AddReturned(std::span<const store::Tombstone> tombstones, std::vector<Change>& changes) {
  for (const store::Tombstone& one : tombstones) {
    if (one.change.state != ChangeState::kMissing || one.change.grant != context_.grant.id) continue;
    report_.stopped = report_.stopped || environment_.stop;
    if (report_.stopped) break;
    const Expected<std::unique_ptr<Object>> object = environment_.volume.OpenById(one.change.file_id, Access::kRead);
    if (!object && object.error().kind == ErrorKind::kNotFound)
      ++report_.missing;
    else
      changes.push_back(one.change);
  }
}

Expected<bool> Revert::IsAlone() {
  const auto is_other = [this](store::GrantId id) { return id != context_.grant.id; };
  const Expected<std::vector<store::Grant>> grants = environment_.ledger.Grants();
  if (!grants) return std::unexpected(grants.error());
  const Expected<std::vector<store::TombstoneCounts>> tombstones = environment_.ledger.CountTombstones();
  if (!tombstones) return std::unexpected(tombstones.error());
  return std::ranges::none_of(*grants, is_other, &store::Grant::id) &&
         std::ranges::none_of(*tombstones, is_other, &store::TombstoneCounts::grant);
}

Expected<void> Revert::LookForLost(std::vector<Change>& changes) {
  return environment_.ledger.InTransaction([&]() -> Expected<void> {
    Expected<LostChanges> lost = FindLost(environment_, context_, changes);
    if (!lost) return std::unexpected(lost.error());
    report_.stopped = report_.stopped || lost->stopped;
    results_.clear();
    for (const store::ChangeId id : lost->gone) results_.push_back({id, ChangeState::kUndone});
    for (const auto& [tombstone, error] : lost->unknown) {
      ++report_.failed;
      if (Expected<void> kept = Entomb(environment_.ledger, tombstone.change, tombstone.path, "READ_CONTROL", error);
          !kept)
        return kept;
      if (Expected<void> added = environment_.ledger.AddFailure(
              {context_.grant.id, tombstone.path, "READ_CONTROL", context_.grant.principal, error});
          !added)
        return added;
    }
    std::ranges::move(lost->found, std::back_inserter(changes));
    return environment_.ledger.RecordResults(results_);
  });
}

Expected<void> Revert::Run(std::vector<Change> changes) {
  const Expected<bool> alone = IsAlone();
  if (!alone) return std::unexpected(alone.error());
  alone_ = *alone;
  if (Expected<void> looked = LookForLost(changes); !looked) return looked;
  queue_.assign(std::make_move_iterator(changes.rbegin()), std::make_move_iterator(changes.rend()));
  total_ = queue_.size();
  BatchRunner runner(environment_, context_.descriptors, context_.tree, context_.root, context_.grant.root_id, nullptr,
                     nullptr);
  std::vector<BatchRunner::Done> done;
  for (;;) {
    std::vector<Change> batch;
    const Expected<void> recorded = environment_.ledger.InTransaction([&]() -> Expected<void> {
      if (Expected<void> kept = Record(done); !kept) return kept;
      while (!environment_.stop && !queue_.empty() && batch.size() < environment_.batch) {
        if (Expected<void> ready = Prepare(queue_.back()); !ready) return ready;
        batch.push_back(std::move(queue_.back()));
        queue_.pop_back();
      }
      return environment_.ledger.RecordReverts(batch);
    });
    if (!recorded) return recorded;
    environment_.progress.Report(
        {Phase::kRollingBack, context_.grant.root, done_, total_, report_.writes, report_.failed});
    done = runner.Take();
    if (batch.empty() && done.empty()) break;
    if (!batch.empty())
      if (Expected<void> started = runner.Start(std::move(batch), BatchRunner::Direction::kRevert); !started)
        return started;
  }
  report_.stopped = report_.stopped || !queue_.empty();
  return runner.Flush();
}

}  // namespace acledger::scanner
