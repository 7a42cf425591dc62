// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/options.h"

namespace acledger::daemon {

// Opens volume and ledger, serves until asked to end (Ctrl-C, SIGTERM), finishes the batch and returns. The lock of the
// ledger keeps a second daemon, or a command that writes, out.
Expected<void> RunForeground(const DaemonOptions& options);

}  // namespace acledger::daemon
