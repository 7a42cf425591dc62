// SPDX-License-Identifier: MIT
#include "scanner/rollback.h"

#include <algorithm>

#include "scanner/records.h"
#include "scanner/revert.h"
#include "scanner/sweep.h"

namespace acledger::scanner {

using store::ChangeState;
using store::GrantState;

RollbackReport& RollbackReport::operator+=(const RollbackReport& other) {
  missing += other.missing;
  dismissed += other.dismissed;
  orphans += other.orphans;
  restored += other.restored;
  stripped += other.stripped;
  already_gone += other.already_gone;
  drifted += other.drifted;
  failed += other.failed;
  remaining += other.remaining;
  scanned += other.scanned;
  unreadable += other.unreadable;
  writes += other.writes;
  examples.insert(examples.end(), other.examples.begin(), other.examples.end());
  complete = complete && other.complete;
  stopped = stopped || other.stopped;
  return *this;
}

namespace {

Expected<void> Begin(store::Ledger& ledger, std::span<GrantContext* const> grants) {
  return ledger.InTransaction([&]() -> Expected<void> {
    for (const GrantContext* context : grants) {
      if (Expected<void> told = RescanOthers(ledger, context->grant); !told) return told;
      if (Expected<void> set = ledger.SetGrantState(context->grant.id, GrantState::kRollingBack); !set) return set;
      if (Expected<void> cleared = ledger.ClearFailures(context->grant.id); !cleared) return cleared;
    }
    return {};
  });
}

Expected<void> Close(store::Ledger& ledger, std::span<GrantContext* const> grants) {
  return ledger.InTransaction([&]() -> Expected<void> {
    for (const GrantContext* context : grants) {
      const store::GrantId id = context->grant.id;
      if (Expected<void> cleared = ledger.ClearFailures(id); !cleared) return cleared;
      if (Expected<void> purged = ledger.Purge(id); !purged) return purged;
      if (Expected<void> removed = ledger.RemoveIndex(id); !removed) return removed;
      if (Expected<void> set = ledger.SetGrantState(id, GrantState::kRolledBack); !set) return set;
    }
    return {};
  });
}

// Stopped on the way, it proves nothing.
Expected<void> Prove(Environment& environment, std::span<GrantContext* const> grants, RollbackReport& report) {
  Sweep sweep(environment, *grants.front(), Sweep::Mode::kRollback, grants);
  const Expected<SweepReport> swept = sweep.Run({});
  if (!swept) return std::unexpected(swept.error());
  report.stopped = swept->stopped;
  report.stripped += swept->stripped;
  report.restored += swept->recovered;
  report.failed -= std::min(report.failed, swept->recovered);
  report.writes += swept->stripped + swept->recovered;
  report.remaining += swept->remaining;
  report.orphans = swept->orphans;
  report.scanned = swept->objects;
  report.unreadable = swept->unreadable;
  report.examples = swept->examples;
  if (!report.stopped)
    for (const GrantContext* context : grants)
      if (Expected<void> marked = environment.ledger.MarkProved(context->grant.id); !marked) return marked;
  return swept->stripped + swept->recovered > 0 ? FlushAndFinalize(environment) : Expected<void>{};
}

bool IsOneOf(std::span<GrantContext* const> grants, store::GrantId id) {
  return std::ranges::any_of(grants, [id](const GrantContext* context) { return context->grant.id == id; });
}

// Nothing is left to do but what failed before, and everything else was swept since: as long as that goes on failing,
// trying it costs an open each, and no look at the whole volume.
Expected<bool> OnlyTombstonesAreLeft(store::Ledger& ledger, std::span<GrantContext* const> grants) {
  const ChangeState reverting[] = {ChangeState::kReverting},
                    others[] = {ChangeState::kIntent, ChangeState::kApplied, ChangeState::kFinal};
  const Expected<std::vector<store::Tombstone>> tombstones = ledger.Tombstones(reverting);
  if (!tombstones) return std::unexpected(tombstones.error());
  std::size_t left = 0;
  for (const GrantContext* context : grants) {
    const Expected<std::vector<store::Change>> one = ledger.ChangesAfter(context->grant.id, others, 0, 1);
    if (!one) return std::unexpected(one.error());
    if (!one->empty()) return false;
    const Expected<std::vector<store::Change>> changes = ledger.Changes(context->grant.id, reverting);
    if (!changes) return std::unexpected(changes.error());
    left += changes->size();
  }
  const auto proved = std::ranges::count_if(*tombstones, [&](const store::Tombstone& tombstone) {
    return tombstone.proved && IsOneOf(grants, tombstone.change.grant);
  });
  return left > 0 && left == static_cast<std::size_t>(proved);
}

// What the last final scan said of these grants, but of what was just tried again.
Expected<void> KeepFailures(store::Ledger& ledger, std::span<GrantContext* const> grants,
                            std::span<const store::Failure> known) {
  const ChangeState reverting[] = {ChangeState::kReverting};
  const Expected<std::vector<store::Tombstone>> tried = ledger.Tombstones(reverting);
  if (!tried) return std::unexpected(tried.error());
  for (const store::Failure& failure : known) {
    if (!IsOneOf(grants, failure.grant) || failure.right == "WRITE_DAC") continue;
    if (std::ranges::find(*tried, failure.path, &store::Tombstone::path) != tried->end()) continue;
    if (Expected<void> added = ledger.AddFailure(failure); !added) return added;
  }
  return {};
}

Expected<void> CountDismissed(store::Ledger& ledger, std::span<GrantContext* const> grants, RollbackReport& report) {
  const Expected<std::vector<store::TombstoneCounts>> counts = ledger.CountTombstones();
  if (!counts) return std::unexpected(counts.error());
  for (const store::TombstoneCounts& one : *counts)
    if (IsOneOf(grants, one.grant)) report.dismissed += one.dismissed;
  return {};
}

}  // namespace

Expected<RollbackReport> Rollback(Environment& environment, std::span<GrantContext* const> grants) {
  RollbackReport report;
  const Expected<bool> again = OnlyTombstonesAreLeft(environment.ledger, grants);
  if (!again) return std::unexpected(again.error());
  const Expected<std::vector<store::Failure>> known = environment.ledger.Failures();
  if (!known) return std::unexpected(known.error());
  if (Expected<void> counted = CountDismissed(environment.ledger, grants, report); !counted)
    return std::unexpected(counted.error());
  if (Expected<void> begun = Begin(environment.ledger, grants); !begun) return std::unexpected(begun.error());
  for (GrantContext* context : grants) {
    if (Expected<void> reverted = Revert(environment, *context, report).Run(); !reverted)
      return std::unexpected(reverted.error());
    report.stopped = report.stopped || environment.stop;
    if (report.stopped) return report;
  }
  if (*again && report.failed > 0) {
    report.remaining = report.failed;
    if (Expected<void> kept = KeepFailures(environment.ledger, grants, *known); !kept)
      return std::unexpected(kept.error());
    return report;
  }
  if (Expected<void> proved = Prove(environment, grants, report); !proved) return std::unexpected(proved.error());
  if (report.stopped || report.failed + report.remaining > 0) return report;
  if (Expected<void> closed = Close(environment.ledger, grants); !closed) return std::unexpected(closed.error());
  report.complete = true;
  return report;
}

}  // namespace acledger::scanner
