// SPDX-License-Identifier: MIT
#pragma once

#include "security/error.h"
#include "security/sid.h"

namespace acledger::win32 {

// The SID of this machine's own account database (S-1-5-21-a-b-c), what the SIDs of local accounts start with.
Expected<security::Sid> MachineSid();

}  // namespace acledger::win32
