// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "security/descriptor.h"

namespace acledger::daemon::pipe {

// The descriptor that `sddl` says. Where it names no owner, Administrators own the pipe if this process may say so
// (elevated, or SYSTEM), else its user: a client trusts a pipe by its owner, other users' clients only SYSTEM and
// Administrators, and the system's default may be either (Wine has none at all). Empty: this user, SYSTEM and
// Administrators.
Expected<security::DescriptorBytes> PipeDescriptor(const std::string& sddl);

}  // namespace acledger::daemon::pipe
