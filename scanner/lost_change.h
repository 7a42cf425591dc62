// SPDX-License-Identifier: MIT
#pragma once

#include <utility>
#include <vector>

#include "scanner/known_object.h"

namespace acledger::scanner {

// A change of a ledger that was adopted by path (adoption.h) whose object could not be read then. What its id meant was
// on another volume; so it stands in the state kReverting with a tombstone that keeps its path, its id is nobody's, and
// its object is looked for by that path until it can be asked, or a person gives it up.

FileId LostId(store::ChangeId change);
bool IsLost(const store::Change& change);

// What `seen` (SeenObject::kOurs) makes of the change: its object, and what that holds in whatever layout. In the
// ledger when it returns; inside a transaction or not.
Expected<void> BindTo(const SeenObject& seen, bool is_held, Environment& environment, GrantContext& context,
                      store::Change& change);

struct LostChanges {
  std::vector<store::Change> found;                         // Bound to their objects.
  std::vector<std::pair<store::Tombstone, Error>> unknown;  // Cannot be asked now either.
  std::vector<store::ChangeId> gone;                        // Nothing of ours is there.
  bool stopped = false;                                     // Before all were looked for: the rest stays lost.
};
// Takes the lost ones out of `changes` (of one grant) and looks for each. One object is that of one change of a grant.
Expected<LostChanges> FindLost(Environment& environment, GrantContext& context, std::vector<store::Change>& changes);

}  // namespace acledger::scanner
