// SPDX-License-Identifier: MIT
#include "daemon/service/system.h"

#include <windows.h>

namespace acledger::daemon {

// Background mode lowers processor, disk and memory priority together.
void GiveWayToOthers(bool gives_way) {
  if (SetThreadPriority(GetCurrentThread(), gives_way ? THREAD_MODE_BACKGROUND_BEGIN : THREAD_MODE_BACKGROUND_END))
    return;
  (void)SetThreadPriority(GetCurrentThread(), gives_way ? THREAD_PRIORITY_LOWEST : THREAD_PRIORITY_NORMAL);
}

void Notify(Notice) {}

std::optional<int> ReloadSignal() { return std::nullopt; }

// SYSTEM and Administrators: everything. Interactive users: read and write, but not FILE_CREATE_PIPE_INSTANCE.
std::string EndpointSddl() { return "D:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;0x12019b;;;IU)"; }

}  // namespace acledger::daemon
