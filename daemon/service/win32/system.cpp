// SPDX-License-Identifier: MIT
#include "daemon/service/system.h"

#include <windows.h>

#include "daemon/server/pipe_sddl.h"
#include "daemon/snapshot/place.h"

namespace acledger::daemon {

namespace {

// Of winerror.h; the headers of mingw-w64 10 lack them.
constexpr DWORD kAlreadyBackground = 400, kNotBackground = 401;

}  // namespace

// Background mode lowers processor, disk and memory priority together.
void GiveWayToOthers(bool gives_way) {
  if (SetThreadPriority(GetCurrentThread(), gives_way ? THREAD_MODE_BACKGROUND_BEGIN : THREAD_MODE_BACKGROUND_END))
    return;
  if (const DWORD code = GetLastError(); code == kAlreadyBackground || code == kNotBackground) return;
  (void)SetThreadPriority(GetCurrentThread(), gives_way ? THREAD_PRIORITY_LOWEST : THREAD_PRIORITY_NORMAL);
}

void Notify(Notice) {}

std::optional<int> ReloadSignal() { return std::nullopt; }

Expected<std::string> EndpointSddl(std::span<const security::Sid> sandboxes) {
  const Expected<std::string> user = snapshot::CurrentUser();
  if (!user) return user;
  return PipeSddl(*user, sandboxes);
}

}  // namespace acledger::daemon
