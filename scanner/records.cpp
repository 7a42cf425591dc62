// SPDX-License-Identifier: MIT
#include "scanner/records.h"

#include <algorithm>

#include "scanner/handover.h"
#include "store/clock.h"

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

// An object that had been missing, or could not be opened, now holds the entry of `by`: the record that it was left
// with is closed, also where that grant is rolled back by now. Else it would be taken for a reason to take this entry
// away.
Expected<bool> IsReplaced(store::Ledger& ledger, const Change& left, const Change& by) {
  const bool is_missing = left.state == ChangeState::kMissing;
  if (!is_missing && left.state != ChangeState::kReverting) return false;
  if (left.grant == by.grant) return is_missing && left.id < by.id;
  const Expected<std::vector<store::Grant>> grants = ledger.AllGrants();
  if (!grants) return std::unexpected(grants.error());
  const auto one = std::ranges::find(*grants, left.grant, &store::Grant::id);
  const auto other = std::ranges::find(*grants, by.grant, &store::Grant::id);
  if (one == grants->end() || other == grants->end() || !IsSameLayer(*one, *other)) return false;
  return is_missing || one->state == store::GrantState::kRolledBack;
}

}  // namespace

Expected<void> RecordApplied(store::Ledger& ledger, const Change& change, std::vector<store::ChangeResult>& results) {
  const Expected<std::vector<Change>> live = ledger.LiveChangesOf(change.file_id);
  if (!live) return std::unexpected(live.error());
  for (const Change& other : *live) {
    const Expected<bool> replaced = IsReplaced(ledger, other, change);
    if (!replaced) return std::unexpected(replaced.error());
    if (*replaced) results.push_back({other.id, ChangeState::kUndone});
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
  // Taken back before: the others followed then, and what a power cut did to them since their own records tell.
  if (change.state == ChangeState::kReverted) return {};
  const Expected<std::vector<Change>> live = ledger.LiveChangesOf(change.file_id);
  if (!live) return std::unexpected(live.error());
  for (const Change& other : *live) {
    if (other.grant == change.grant || !(IsApplied(other) || other.state == ChangeState::kMissing)) continue;
    if (Expected<void> set = ledger.SetAfter(other.id, now); !set) return set;
  }
  return {};
}

Expected<void> Entomb(store::Ledger& ledger, const Change& change, const std::string& path, const char* right,
                      const Error& error) {
  store::Tombstone tombstone;
  tombstone.change = change;
  tombstone.path = path;
  tombstone.right = right;
  tombstone.error = error;
  tombstone.since = store::SecondsNow();
  return ledger.AddTombstone(tombstone);
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
