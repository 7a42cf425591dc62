// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/server/handler.h"
#include "security/win32/nt_api.h"

namespace acledger::daemon::pipe {

// Who is at the client's end of a pipe, of which something was read already: impersonates the client for a moment, and
// ends the process if it cannot stop to. kDenied for a client that lets nobody know who it is, and for one under a
// restricted token, below medium integrity or in an AppContainer.
Expected<Caller> CallerOf(HANDLE pipe);

// The same of an impersonation or primary token (with TOKEN_QUERY); Caller::process is not set.
Expected<Caller> CallerOfToken(HANDLE token);

}  // namespace acledger::daemon::pipe
