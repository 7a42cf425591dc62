// SPDX-License-Identifier: MIT
#pragma once

#include <spdlog/common.h>

namespace acledger::daemon {

// Writes to the system's event log under this name; null where there is none.
spdlog::sink_ptr MakeEventLogSink(const char* source);

}  // namespace acledger::daemon
