// SPDX-License-Identifier: MIT
#pragma once

#include "scanner/folder_tree.h"

namespace acledger::scanner {

// Makes the roll-ups of a grant from its index. Returns the root's.
Expected<store::Counts> Recount(store::Ledger& ledger, const FolderTree& tree, const store::Grant& grant);

}  // namespace acledger::scanner
