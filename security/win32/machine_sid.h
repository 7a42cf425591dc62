// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "security/error.h"
#include "security/sid.h"

namespace acledger::win32 {

// This machine's own account database.
struct AccountDomain {
  std::wstring name;  // What stands before '\' in the names of its accounts.
  security::Sid sid;  // S-1-5-21-a-b-c: what the SIDs of its accounts start with.
};
Expected<AccountDomain> LocalAccountDomain();

// Its SID alone.
Expected<security::Sid> MachineSid();

}  // namespace acledger::win32
