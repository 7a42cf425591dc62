// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "scanner/path.h"
#include "store/ledger.h"

namespace acledger::scanner {

// Where a folder cannot be opened or listed, a scan cannot tell what became of what lies in it: its rows in the index
// stay as verdict unknown without a descriptor, all that is below too (exclusions stay what they are). The changes that
// are recorded of these objects stand. The folder itself is failed if it cannot be opened. A later look enters it
// wholly.

// Whether a later look may go better: somebody holds it open, the disk failed, the right to it is missing.
bool MayPass(ErrorKind kind);

// Left out by a rule of the grant.
bool IsExclusion(const store::Node& node);

// Nobody could look at it the last time.
bool IsUnseen(const store::Node& node);

// The folders of the grant that could not be opened or listed for such a reason the last time, by the failures that the
// ledger keeps. Paths from the volume's root, to be told to Engine::LookAgain(). Not what lies in an exclusion.
Expected<std::vector<PathComponents>> UnlistedFolders(store::Ledger& ledger, const store::Grant& grant);

}  // namespace acledger::scanner
