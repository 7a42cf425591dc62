// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "security/error.h"

namespace acledger::win32 {

// GetLastError() as an Error. Call it on the line after the call that failed; `operation` is a literal, so that nothing
// is allocated in between.
Error LastError(const char* operation);
// The same for a code that a function returned.
Error Win32Error(const char* operation, std::uint32_t code);
// An NTSTATUS, with the text of the Win32 code that RtlNtStatusToDosError() gives for it. Error::code is the status.
Error StatusError(const char* operation, std::int32_t status);

ErrorKind KindOfWin32(std::uint32_t code);
ErrorKind KindOfStatus(std::int32_t status);

}  // namespace acledger::win32
