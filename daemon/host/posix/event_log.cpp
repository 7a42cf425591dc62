// SPDX-License-Identifier: MIT
#include "daemon/host/event_log.h"

namespace acledger::daemon {

// stderr goes to systemd's journal.
spdlog::sink_ptr MakeEventLogSink(const char*) { return nullptr; }

}  // namespace acledger::daemon
