// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace acledger::daemon {

// Where the daemon listens by default. Unix: `acledger.sock` in $RUNTIME_DIRECTORY (as systemd sets it), or in
// /run/acledger. Windows: a pipe whose name only administrators can create.
std::string DefaultEndpoint();

// Where it listens if it has no right to that. Windows: a pipe name that anybody can create first (a client checks who
// did). Elsewhere there is none: the default again.
std::string FallbackEndpoint();

}  // namespace acledger::daemon
