// SPDX-License-Identifier: MIT
#include "scanner/rollback.h"

#include <algorithm>

#include "scanner/records.h"
#include "scanner/revert.h"
#include "scanner/sweep.h"

namespace acledger::scanner {

using store::GrantState;

RollbackReport& RollbackReport::operator+=(const RollbackReport& other) {
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

Expected<void> Prove(Environment& environment, std::span<GrantContext* const> grants, RollbackReport& report) {
  Sweep sweep(environment, *grants.front(), Sweep::Mode::kRollback, grants);
  const Expected<SweepReport> swept = sweep.Run({});
  if (!swept) return std::unexpected(swept.error());
  report.stripped += swept->stripped;
  report.restored += swept->recovered;
  report.failed -= std::min(report.failed, swept->recovered);
  report.writes += swept->stripped + swept->recovered;
  report.remaining += swept->remaining;
  report.scanned = swept->objects;
  report.unreadable = swept->unreadable;
  report.examples = swept->examples;
  if (swept->stripped + swept->recovered == 0) return {};
  return FlushAndFinalize(environment);
}

}  // namespace

Expected<RollbackReport> Rollback(Environment& environment, std::span<GrantContext* const> grants) {
  RollbackReport report;
  if (Expected<void> begun = Begin(environment.ledger, grants); !begun) return std::unexpected(begun.error());
  for (GrantContext* context : grants) {
    if (Expected<void> reverted = Revert(environment, *context, report).Run(); !reverted)
      return std::unexpected(reverted.error());
    if (environment.stop) return report;
  }
  if (Expected<void> proved = Prove(environment, grants, report); !proved) return std::unexpected(proved.error());
  if (environment.stop || report.failed + report.remaining > 0) return report;
  if (Expected<void> closed = Close(environment.ledger, grants); !closed) return std::unexpected(closed.error());
  report.complete = true;
  return report;
}

}  // namespace acledger::scanner
