// SPDX-License-Identifier: MIT
#include "daemon/host/run.h"

namespace acledger::daemon {

Expected<void> RunService(const DaemonOptions&) {
  return Fail(ErrorKind::kUnsupported, "run as a service",
              "only Windows has a service control manager: use --foreground");
}

}  // namespace acledger::daemon
