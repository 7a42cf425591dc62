// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "scanner/path.h"
#include "scanner/volume.h"

namespace acledger::scanner {

// What the `.ssh\config` files of the profiles that a grant with this root reaches point to (SshConfigTargets()), as
// FormatPath() writes it: keys that may lie anywhere. A configuration that cannot be read is told in `notes`, since
// what it names cannot be left out.
Expected<std::vector<std::string>> SshPlaces(Volume& volume, const PathComponents& root,
                                             std::vector<std::string>& notes);

}  // namespace acledger::scanner
