// SPDX-License-Identifier: MIT
#pragma once

#include "scanner/win32/nt_file.h"

namespace acledger::scanner {

// Volume::ProbeDescriptors(): makes a scratch file in `folder` (a random name, gone with its handle), gives it a DACL
// that no system would make up, and reads it back. The volume's own word (FILE_PERSISTENT_ACLS) counts for nothing.
Expected<void> ProbeDescriptorsIn(NtContext& context, HANDLE folder);

}  // namespace acledger::scanner
