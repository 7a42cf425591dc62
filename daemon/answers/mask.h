// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "security/access_mask.h"
#include "security/error.h"

namespace acledger::daemon {

// "0x1200A9" or a decimal number; generic bits mapped to a file's. kInvalid for anything else and for 0.
Expected<security::AccessMask> ParseMask(const std::string& word);

}  // namespace acledger::daemon
