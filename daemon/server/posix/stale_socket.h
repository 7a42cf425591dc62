// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "security/error.h"

namespace acledger::daemon::posix {

// errno as an Error; call it on the line after the call that failed.
Error LastError(const char* operation);

// Makes way for a socket at `path`: removes one that no server answers at. kBusy if one does, kInvalid for a path that
// no socket can have, or where something else than a socket is. Between two servers that start at once nothing is
// decided here: they need a lock of their own.
Expected<void> RemoveStaleSocket(const std::string& path);

}  // namespace acledger::daemon::posix
