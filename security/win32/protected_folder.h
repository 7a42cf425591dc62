// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "security/error.h"

namespace acledger::win32 {

// Makes the folder `path` (its parent exists) for SYSTEM and Administrators alone, and for the caller where the caller
// is no administrator; what is created in it inherits that. One that is there already is taken only if it is a folder
// and no reparse point (kUnsupported), and is owned by one of these (kDenied, with the owner): whoever owns a folder
// can always open it again. Its DACL is then brought to the same. Read back: kNoEffect where the system kept another
// DACL.
Expected<void> MakeProtectedFolder(const std::wstring& path);

}  // namespace acledger::win32
