// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "security/error.h"

namespace acledger::daemon {

// The same file named from the root on, so that the name means the same in every process: links and ".." stay as they
// are, and nothing needs to be there. kInvalid for an empty path, and for one that the system cannot name.
Expected<std::string> AbsolutePath(const std::string& path);

// Whether two names of files mean the same file: the same absolute name, or (where both can be looked at) the same
// object. False where one of them is not absolute: it means something else in each folder.
bool IsSameFile(const std::string& left, const std::string& right);

}  // namespace acledger::daemon
