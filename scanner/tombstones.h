// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "scanner/rollback_report.h"
#include "scanner/session.h"

// What could not be taken back: the object was gone, or nobody lets us write it. Its change stays recorded with the
// object's id, delays nothing else, and is tried again whenever its turn comes, until it succeeds or a person gives it
// up. Each call is for one thread, outside of a transaction.
namespace acledger::scanner {

using GrantFilter = std::function<bool(const store::Grant&)>;

// Tries again what is left of grants that are rolled back, by id: one open for what is still gone, and no write to
// the ledger. Volume scans are none of its business: what is left was proved to be all. `complete` is set unless
// something failed (again) or it was stopped.
Expected<RollbackReport> Revisit(Environment& environment, const GrantFilter& wanted);

// Which tombstones are given up: those of `path` (as Tombstone::path), those of `id`, or, with neither, all whose
// object is gone.
struct DismissRequest {
  std::optional<std::string> path = {};
  std::optional<FileId> id = {};
  std::string by = {};   // Who says so.
  GrantFilter may = {};  // Whose grants' tombstones he may speak of; others are as if not there. Wanted.
};

struct Dismissed {
  std::vector<store::Tombstone> tombstones;  // Given up by this call.
  std::uint64_t returned = 0;                // Of all that were gone: there again, so not given up.
};

// In the ledger when it returns. kNotFound: nothing of the kind stands there. kMismatch: the object can be taken back
// (nothing failed, or it has returned): a rollback does that.
Expected<Dismissed> Dismiss(Environment& environment, const DismissRequest& request);

struct Orphans {
  std::uint64_t count = 0;            // Objects that were given up and carry our entry.
  std::vector<std::string> examples;  // Where they were last known, the first few.
};

// Looks by id at what was given up, of grants of the same principal and mask as one of `like`; of all for an empty one.
Expected<Orphans> FindOrphans(Environment& environment, std::span<const store::Grant> like);

}  // namespace acledger::scanner
