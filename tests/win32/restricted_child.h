// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "security/sid.h"

namespace acledger::fixtures {

// Starts this very program again under a token of ours, as a sandbox would, and lets it open `path` for reading.
// The token is a copy of the process's, restricted to `principal` and what every program needs to start (Everyone,
// Users, Authenticated Users, RESTRICTED, the logon SID): access needs both the user's own right and one of these.
// Returns 0 if the child could read, else its GetLastError(). Throws where no child could be started.
unsigned long ReadAsRestricted(const security::Sid& principal, const std::wstring& path);
// The control: the same child under the process's own token.
unsigned long ReadAsOneself(const std::wstring& path);

// For main(): does the child's part if the arguments say so, and returns its exit code; -1: not a child.
int RunAsChild(int argc, wchar_t** argv);

}  // namespace acledger::fixtures
