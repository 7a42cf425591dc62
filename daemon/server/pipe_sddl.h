// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>

#include "security/sid.h"

namespace acledger::daemon {

// The DACL of the daemon's pipe, as SDDL: SYSTEM, Administrators and the daemon's own user (a SID) everything;
// interactive users reading and writing, without FILE_CREATE_PIPE_INSTANCE; `sandboxes` (accounts and groups that
// access is granted to) nothing, whatever else their tokens hold.
std::string PipeSddl(const std::string& own_user, std::span<const security::Sid> sandboxes);

}  // namespace acledger::daemon
