// SPDX-License-Identifier: MIT
#pragma once

#include "scanner/win32/nt_file.h"

namespace acledger::scanner {

// The descriptor's owner, group, DACL and label. Needs READ_CONTROL.
Expected<void> QueryDescriptor(HANDLE file, security::DescriptorBytes& out);

// Sets the DACL of `descriptor` with its PROTECTED and AUTO_INHERITED bits, and nothing else. Needs WRITE_DAC.
//
// Through NtSetSecurityObject, which changes this one object; SetNamedSecurityInfo and SetSecurityInfo would go on to
// rewrite everything below it. The PROTECTED bit travels in the control word: the
// (UN)PROTECTED_DACL_SECURITY_INFORMATION flags are for those functions.
Expected<void> SetDacl(NtContext& context, HANDLE file, security::Bytes descriptor);

}  // namespace acledger::scanner
