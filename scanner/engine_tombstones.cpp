// SPDX-License-Identifier: MIT
// What could not be taken back, tried again.
#include <algorithm>

#include "scanner/engine.h"
#include "scanner/revert.h"

namespace acledger::scanner {

using store::ChangeState;
using store::Grant;

Expected<RollbackReport> Engine::Revisit(const GrantFilter& wanted) { return scanner::Revisit(environment_, wanted); }

Expected<Dismissed> Engine::Dismiss(const DismissRequest& request) { return scanner::Dismiss(environment_, request); }

// Rolled-back grants that are not quite gone.
Expected<bool> Engine::IsAnythingLeft(const GrantFilter& wanted) {
  const Expected<std::vector<store::TombstoneCounts>> counts = environment_.ledger.CountTombstones();
  if (!counts) return std::unexpected(counts.error());
  const Expected<std::vector<Grant>> grants = environment_.ledger.AllGrants();
  if (!grants) return std::unexpected(grants.error());
  return std::ranges::any_of(*grants, [&](const Grant& grant) {
    const auto left = std::ranges::find(*counts, grant.id, &store::TombstoneCounts::grant);
    return left != counts->end() && left->missing + left->unreachable > 0 && wanted(grant);
  });
}

// An object that returned with the entry of a grant that is gone would pass for one that could be read before us.
// False: stopped before all were asked.
Expected<bool> Engine::RevisitFor(GrantContext& context, ProvisionReport& total) {
  const Expected<std::vector<store::TombstoneCounts>> counts = environment_.ledger.CountTombstones();
  if (!counts) return std::unexpected(counts.error());
  if (counts->empty()) return true;
  Expected<RollbackReport> left = Revisit([&context](const Grant& grant) { return IsSameLayer(grant, context.grant); });
  if (!left) return std::unexpected(left.error());
  // Its own, of a rollback that was ended by a new wish.
  const ChangeState missing[] = {ChangeState::kMissing};
  const Expected<std::vector<store::Tombstone>> tombstones = environment_.ledger.Tombstones(missing);
  if (!tombstones) return std::unexpected(tombstones.error());
  if (const Expected<bool> own = Revert(environment_, context, *left).Run(*tombstones); !own)
    return std::unexpected(own.error());
  total.changes += left->writes;
  total.stripped += left->restored + left->drifted;
  total.failures += left->failed;
  return !left->stopped;
}

}  // namespace acledger::scanner
