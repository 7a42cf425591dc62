// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/client/client.h"

namespace acledger::tools {

// Shows what the daemon does until Ctrl-C: drawn again in place on a terminal, a few lines now and then elsewhere; with
// `json` each notification of the daemon as one line.
Expected<void> Watch(daemon::Client& client, bool json);

}  // namespace acledger::tools
