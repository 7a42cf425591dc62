// SPDX-License-Identifier: MIT
#include "daemon/answers/tombstones.h"

#include <algorithm>
#include <ctime>

#include "daemon/answers/answer.h"

namespace acledger::daemon {

using store::ChangeState;
using store::Grant;
using store::Tombstone;

namespace {

const char* StateOf(const Tombstone& tombstone) {
  if (tombstone.change.state == ChangeState::kDismissed) return "dismissed";
  return tombstone.change.state == ChangeState::kMissing ? "missing" : "unreachable";
}

Json Describe(const Tombstone& tombstone, const Grant& grant) {
  Json json = {{"id", tombstone.change.file_id.ToString()},
               {"path", tombstone.path},
               {"state", StateOf(tombstone)},
               {"right", tombstone.right},
               {"principal", grant.principal.ToString()},
               {"mask", Hex(grant.mask)},
               {"root", grant.root},
               {"since", tombstone.since},
               {"error", ToJson(tombstone.error)}};
  if (tombstone.dismissed == 0) return json;
  json["dismissed"] = tombstone.dismissed;
  json["dismissed_by"] = tombstone.dismissed_by;
  return json;
}

// "2026-11-22 00:45:16 UTC".
std::string TimeOf(const Json& tombstone, const char* name) {
  const auto seconds = static_cast<std::time_t>(NumberIn(tombstone, name));
  char text[32] = "";
  if (const std::tm* time = std::gmtime(&seconds)) std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", time);
  return text;
}

}  // namespace

Expected<Json> TombstoneCountsJson(store::Ledger& ledger, const Viewer& viewer) {
  const Expected<std::vector<store::TombstoneCounts>> counts = ledger.CountTombstones();
  if (!counts) return std::unexpected(counts.error());
  store::TombstoneCounts total;
  if (!counts->empty()) {
    const Expected<std::vector<Grant>> grants = ledger.AllGrants();
    if (!grants) return std::unexpected(grants.error());
    for (const store::TombstoneCounts& one : *counts) {
      const auto grant = std::ranges::find(*grants, one.grant, &Grant::id);
      if (grant == grants->end() || !viewer.Owns(*grant)) continue;
      total.missing += one.missing;
      total.unreachable += one.unreachable;
      total.dismissed += one.dismissed;
    }
  }
  return Json{{"missing", total.missing}, {"unreachable", total.unreachable}, {"dismissed", total.dismissed}};
}

Json TombstonesJson(std::span<const Tombstone> tombstones, std::span<const Grant> grants) {
  Json listed = Json::array();
  for (const Tombstone& one : tombstones) {
    const auto grant = std::ranges::find(grants, one.change.grant, &Grant::id);
    if (grant != grants.end()) listed.push_back(Describe(one, *grant));
  }
  return listed;
}

Expected<Json> TombstonesJson(store::Ledger& ledger, const Viewer& viewer, TombstonesWanted wanted) {
  static constexpr ChangeState kStanding[] = {ChangeState::kReverting, ChangeState::kMissing};
  static constexpr ChangeState kDismissed[] = {ChangeState::kDismissed};
  const auto states = wanted == TombstonesWanted::kStanding ? std::span<const ChangeState>(kStanding)
                                                            : std::span<const ChangeState>(kDismissed);
  const Expected<std::vector<Tombstone>> tombstones = ledger.Tombstones(states);
  if (!tombstones) return std::unexpected(tombstones.error());
  Expected<std::vector<Grant>> grants = ledger.AllGrants();
  if (!grants) return std::unexpected(grants.error());
  std::erase_if(*grants, [&viewer](const Grant& grant) { return !viewer.Owns(grant); });
  return TombstonesJson(*tombstones, *grants);
}

std::string TombstoneSentence(const Json& tombstone) {
  std::string text = tombstone.value("path", "") + " (id " + tombstone.value("id", "") + ") for " +
                     tombstone.value("principal", "") + ": " + tombstone.value("state", "");
  if (tombstone.contains("dismissed"))
    text += " by " + tombstone.value("dismissed_by", "") + " at " + TimeOf(tombstone, "dismissed");
  const Json error = tombstone.value("error", Json::object());
  return text + ", failing since " + TimeOf(tombstone, "since") + ": " + error.value("operation", "") + ": " +
         error.value("reason", "");
}

}  // namespace acledger::daemon
