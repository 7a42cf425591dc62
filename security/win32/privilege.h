// SPDX-License-Identifier: MIT
#pragma once

#include "security/error.h"

namespace acledger::win32 {

enum class Privilege { kBackup, kRestore, kSecurity, kDebug };

// Enables a privilege in the process's token, for all its threads and until it ends. False: the token does not hold it
// (not an error: an ordinary user's never does).
Expected<bool> EnablePrivilege(Privilege privilege);

}  // namespace acledger::win32
