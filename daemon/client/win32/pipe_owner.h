// SPDX-License-Identifier: MIT
#pragma once

#include "security/error.h"
#include "security/win32/nt_api.h"

namespace acledger::daemon::pipe {

// See Connection::CheckServer(): of the client's end of a pipe, opened with READ_CONTROL.
Expected<void> CheckPipeServer(HANDLE pipe);

}  // namespace acledger::daemon::pipe
