// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <vector>

#include "scanner/session.h"

namespace acledger::scanner {

// Grants of the same principal and mask would write the same ACE, and nobody could say whose it is. So of those, the
// live ones never overlap: a grant below another one that reaches it is part of that one (GrantState::kPartOf), and has
// nothing of its own on the volume. When the upper one goes, what lies below passes to the lower one, record by record
// and with its index, and only the rest is taken back; when an upper one comes, it takes the lower one's records over.
// So nobody loses access for a moment, and the last one to go leaves the original bytes.
//
// All of these write the ledger alone, inside the caller's transaction, and ask the volume a few questions.

bool IsSameLayer(const store::Grant& left, const store::Grant& right);

// Whether `grant` gives at `path` (below its root) what a grant with that root would give: nothing is left out there,
// and no folder in between is protected against it.
Expected<bool> Reaches(Environment& environment, const store::Grant& grant, const PathComponents& path, bool is_folder);

// The live grant of the layer with the longest root above `path`; null: there is none.
Expected<const store::Grant*> FindOwner(std::span<const store::Grant> grants, const store::Grant& like,
                                        const PathComponents& path);

// What `lower` has recorded is `upper`'s from now on; `lower` is part of it. Its index stays until `upper` has one.
Expected<void> TakeOver(Environment& environment, const store::Grant& upper, const store::Grant& lower);
// The next scan of the grant begins at its root, also where an earlier one was broken off: folders of its index may
// have passed to another grant since they were listed.
Expected<void> ScanAnew(store::Ledger& ledger, store::GrantId grant);
// Every live grant of the layer below `upper` that it reaches.
Expected<void> TakeOverAllBelow(Environment& environment, const store::Grant& upper);
// `upper` has an index of its own: those of its parts go, and parts that nobody wants.
Expected<void> ForgetParts(store::Ledger& ledger, const store::Grant& upper);

// What `upper` has recorded at and below the root of `part` is that one's; it is to be provisioned.
Expected<void> HandOver(Environment& environment, const store::Grant& upper, const store::Grant& part);

struct Begun {
  std::vector<store::GrantId> going;     // Roll them back.
  std::vector<store::GrantId> going_on;  // Were part of one that goes, and are wanted: provision them first.
};

// The grants begin their way back (kRollingBack) and their holders are forgotten. A part alone is gone at once.
Expected<Begun> BeginRollback(Environment& environment, std::span<const store::GrantId> ids);

}  // namespace acledger::scanner
