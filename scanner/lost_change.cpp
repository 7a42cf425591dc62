// SPDX-License-Identifier: MIT
#include "scanner/lost_change.h"

#include <algorithm>
#include <functional>

#include "scanner/known_object.h"

namespace acledger::scanner {

using store::Change;
using store::ChangeState;

FileId LostId(store::ChangeId change) { return {static_cast<std::uint64_t>(change), ~std::uint64_t{0}}; }

bool IsLost(const Change& change) {
  return change.state == ChangeState::kReverting && change.file_id == LostId(change.id);
}

Expected<void> BindTo(const SeenObject& seen, bool is_held, Environment& environment, GrantContext& context,
                      Change& change) {
  const bool relaid = seen.is_same && change.Adds() && is_held && seen.descriptor != change.after;
  if (seen.id == change.file_id && !relaid) return {};
  change.file_id = seen.id;
  if (relaid) {  // The same security in other bytes: those are what a scan compares with.
    const Expected<store::DescriptorId> bare = context.descriptors.Without(seen.descriptor, change.entry_flags);
    if (!bare) return std::unexpected(bare.error());
    change.after = seen.descriptor;
    change.original = change.before = *bare;
  }
  return environment.ledger.Rebind(change);
}

namespace {

Expected<bool> IsTaken(store::Ledger& ledger, const Change& change, const FileId& object) {
  const Expected<std::vector<Change>> live = ledger.LiveChangesOf(object);
  if (!live) return std::unexpected(live.error());
  return std::ranges::any_of(*live, [&change](const Change& other) { return other.grant == change.grant; });
}

}  // namespace

Expected<LostChanges> FindLost(Environment& environment, GrantContext& context, std::vector<Change>& changes) {
  LostChanges result;
  const auto rest = std::ranges::stable_partition(changes, [](const Change& one) { return !IsLost(one); });
  std::vector<Change> lost(rest.begin(), rest.end());
  changes.erase(rest.begin(), rest.end());
  if (lost.empty()) return result;
  const ChangeState reverting[] = {ChangeState::kReverting};
  const Expected<std::vector<store::Tombstone>> tombstones = environment.ledger.Tombstones(reverting);
  if (!tombstones) return std::unexpected(tombstones.error());
  ObjectFinder::Paths paths;
  for (const store::Tombstone& one : *tombstones)
    if (Expected<ParsedPath> path = ParsePath(one.path)) paths.emplace(one.change.id, std::move(path->components));
  ObjectFinder finder(environment.volume, context, paths);
  // Of two that tell of the same place the newer one knows the object that is there now.
  std::ranges::sort(lost, std::greater{}, &Change::id);
  for (Change& change : lost) {
    result.stopped = environment.stop;
    if (result.stopped) break;
    const Expected<SeenObject> seen = finder.AtPlace(change);
    if (!seen) return std::unexpected(seen.error());
    if (seen->answer == SeenObject::kUnknown) {
      const auto stone = std::ranges::find(*tombstones, change.id, [](const auto& one) { return one.change.id; });
      store::Tombstone told;
      if (stone != tombstones->end()) told = *stone;
      told.change = change;
      result.unknown.emplace_back(std::move(told), *seen->error);
      continue;
    }
    const Expected<bool> taken =
        seen->answer == SeenObject::kOurs ? IsTaken(environment.ledger, change, seen->id) : Expected<bool>(true);
    if (!taken) return std::unexpected(taken.error());
    if (*taken) {
      result.gone.push_back(change.id);
      continue;
    }
    if (Expected<void> bound = BindTo(*seen, true, environment, context, change); !bound)
      return std::unexpected(bound.error());
    result.found.push_back(std::move(change));
  }
  return result;
}

}  // namespace acledger::scanner
