// SPDX-License-Identifier: MIT
#include "daemon/host/event_log.h"

// The sink needs it and does not include it.
#include <spdlog/details/os.h>
#include <spdlog/sinks/win_eventlog_sink.h>

namespace acledger::daemon {

spdlog::sink_ptr MakeEventLogSink(const char* source) {
  return std::make_shared<spdlog::sinks::win_eventlog_sink_mt>(source);
}

}  // namespace acledger::daemon
