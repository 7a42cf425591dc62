// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "scanner/volume.h"

namespace acledger::scanner {

// The SIDs S-1-5-21-a-b-c of the machine (and domains) whose people have a profile on the volume: what the volume knows
// of itself, else the account SIDs (RID 500 and up) that the descriptors of `\Users\*` name. Empty where there are no
// profiles.
Expected<std::vector<security::Sid>> MachineSids(Volume& volume);

}  // namespace acledger::scanner
