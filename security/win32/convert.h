// SPDX-License-Identifier: MIT
#pragma once

#include "security/descriptor.h"
#include "security/sid.h"
#include "security/win32/nt_api.h"

namespace acledger::win32 {

// Our values as the system's functions take them, for the length of one call: the pointer is into the argument. The
// functions do not write through it, though their declarations are not const.
PSID AsPsid(const security::Sid& sid);
PSECURITY_DESCRIPTOR AsDescriptor(security::Bytes self_relative);

// The system's values as ours; copies. kInvalid for what the system itself would call invalid.
Expected<security::Sid> ToSid(PSID sid);
// Of an absolute or self-relative descriptor.
Expected<security::DescriptorBytes> ToDescriptorBytes(PSECURITY_DESCRIPTOR descriptor);

}  // namespace acledger::win32
