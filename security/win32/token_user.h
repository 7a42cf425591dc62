// SPDX-License-Identifier: MIT
#pragma once

#include "security/sid.h"
#include "security/win32/nt_api.h"

namespace acledger::win32 {

// Whose token it is; it must be open with TOKEN_QUERY.
Expected<security::Sid> UserOf(HANDLE token);
// Who this process runs as.
Expected<security::Sid> CallerSid();

}  // namespace acledger::win32
