// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/options.h"

namespace acledger::daemon {

// Serves until asked to end (Ctrl-C, SIGTERM), finishes the batch and returns. SIGHUP, where there is one, reads the
// configuration again. The lock of the ledger keeps a second daemon, or a command that writes, out.
Expected<void> RunForeground(const DaemonOptions& options);

// The same, steered by Windows' service control manager. kInvalid where it did not start this process; kUnsupported
// elsewhere.
Expected<void> RunService(const DaemonOptions& options);

}  // namespace acledger::daemon
