// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "security/sid.h"

namespace acledger::setup {

// Names of what is made for one real user, by the last sub-authority (RID) of that user's SID. Windows takes user names
// of at most 20 characters, so a RID of more than eight digits is written in base 36 behind an `x`, which no shorter
// one is.
std::string GroupName(const security::Sid& user);           // "AcledgerSandboxUsers-1001"
std::string OfflineAccountName(const security::Sid& user);  // "AcledgerOff-1001"
std::string OnlineAccountName(const security::Sid& user);   // "AcledgerOn-1001"

// The comment of a group or account that set-up makes, by which it knows it again: one with such a name and another
// comment is somebody else's.
std::string OwnershipMark(const security::Sid& user);

}  // namespace acledger::setup
