// SPDX-License-Identifier: MIT
#pragma once

#include <span>

#include "daemon/answers/viewer.h"
#include "daemon/rpc/json.h"

// What could not be taken back, as JSON. Pure questions; a read-only ledger will do.
namespace acledger::daemon {

// {"missing": N, "unreachable": N, "dismissed": N} of the viewer's grants, rolled-back ones included.
Expected<Json> TombstoneCountsJson(store::Ledger& ledger, const Viewer& viewer);

// An array; each with its id, where it was last known, why it stands and since when.
Json TombstonesJson(std::span<const store::Tombstone> tombstones, std::span<const store::Grant> grants);
enum class TombstonesWanted : std::uint8_t { kStanding, kDismissed };
Expected<Json> TombstonesJson(store::Ledger& ledger, const Viewer& viewer, TombstonesWanted wanted);

// "\work\a (id 0x...) for S-1-...: missing, failing since 2026-11-22 00:45:16 UTC: open: no such file".
std::string TombstoneSentence(const Json& tombstone);

}  // namespace acledger::daemon
