// SPDX-License-Identifier: MIT
#pragma once

#include "security/sid.h"

namespace acledger::setup {

// What Windows keeps for a user who was logged on: folder and registry hive. Good where there is none. kNoEffect: the
// system says that it is gone, and still lists it; otherwise the system's error, of a profile in use for example.
Expected<void> RemoveProfile(const security::Sid& user);

}  // namespace acledger::setup
