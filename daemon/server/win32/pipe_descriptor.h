// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "security/descriptor.h"

namespace acledger::daemon::pipe {

// The descriptor that `sddl` says, owned by this process's user where it names no owner: a client trusts a pipe by its
// owner, and the system's default may be a group (Wine has none at all). Empty: this user, SYSTEM and Administrators.
Expected<security::DescriptorBytes> PipeDescriptor(const std::string& sddl);

}  // namespace acledger::daemon::pipe
