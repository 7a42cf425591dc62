// SPDX-License-Identifier: MIT
#include "scanner/records.h"

namespace acledger::scanner {

using store::Change;
using store::ChangeState;

namespace {

// Says what the step was, so that a start after a power cut can make it again.
Expected<void> Close(store::Ledger& ledger, Change change, store::DescriptorId from, store::DescriptorId to,
                     std::vector<store::ChangeResult>& results) {
  change.revert_from = from;
  change.revert_to = to;
  results.push_back({change.id, ChangeState::kReverted});
  return ledger.RecordReverts({&change, 1});
}

bool IsApplied(const Change& change) {
  return change.state == ChangeState::kApplied || change.state == ChangeState::kFinal;
}

}  // namespace

Expected<void> RecordApplied(store::Ledger& ledger, const Change& change, std::vector<store::ChangeResult>& results) {
  const Expected<std::vector<Change>> live = ledger.LiveChangesOf(change.file_id);
  if (!live) return std::unexpected(live.error());
  for (const Change& other : *live) {
    // What an earlier run left without a result: whatever became of it, the object holds this one's bytes now.
    if (other.state == ChangeState::kIntent && other.grant == change.grant && other.id < change.id)
      results.push_back({other.id, ChangeState::kAbandoned});
    if (other.id == change.id || !IsApplied(other)) continue;
    Expected<void> kept;
    if (other.grant != change.grant)
      kept = ledger.SetAfter(other.id, change.after);
    else if (other.id < change.id)
      kept = Close(ledger, other, change.before, change.original, results);
    if (!kept) return kept;
  }
  if (!change.Adds()) return Close(ledger, change, change.before, change.after, results);
  results.push_back({change.id, ChangeState::kApplied});
  return {};
}

Expected<void> RecordReverted(store::Ledger& ledger, const Change& change, store::DescriptorId now,
                              std::vector<store::ChangeResult>& results) {
  results.push_back({change.id, ChangeState::kReverted});
  const Expected<std::vector<Change>> live = ledger.LiveChangesOf(change.file_id);
  if (!live) return std::unexpected(live.error());
  for (const Change& other : *live) {
    if (other.grant == change.grant || !IsApplied(other)) continue;
    if (Expected<void> set = ledger.SetAfter(other.id, now); !set) return set;
  }
  return {};
}

Expected<void> RescanOthers(store::Ledger& ledger, const store::Grant& writer) {
  const Expected<std::vector<store::Grant>> grants = ledger.Grants();
  if (!grants) return std::unexpected(grants.error());
  for (const store::Grant& grant : *grants) {
    const bool planned = grant.state == store::GrantState::kPlanning || grant.state == store::GrantState::kApplying;
    if (!planned || grant.id == writer.id) continue;
    if (Expected<void> set = ledger.SetGrantState(grant.id, store::GrantState::kScanning); !set) return set;
  }
  return {};
}

}  // namespace acledger::scanner
