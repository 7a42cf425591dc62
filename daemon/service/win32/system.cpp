// SPDX-License-Identifier: MIT
#include "daemon/service/system.h"

#include <windows.h>

namespace acledger::daemon {

// Background mode lowers processor, disk and memory priority together.
void GiveWayToOthers() {
  if (!SetThreadPriority(GetCurrentThread(), THREAD_MODE_BACKGROUND_BEGIN))
    (void)SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_LOWEST);
}

void NotifyReady() {}

// SYSTEM and Administrators: everything. Interactive users: read and write, but not FILE_CREATE_PIPE_INSTANCE.
std::string EndpointSddl() { return "D:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;0x12019b;;;IU)"; }

}  // namespace acledger::daemon
