// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include "setup/accounts.h"

namespace acledger::setup {

// Passwords for SYSTEM alone, in files of `folder` (its full path), which a folder step has closed. The files belong to
// SYSTEM and have its entry only; an elevated administrator reaches them by the privileges to back up and to restore.
// It is this access that keeps the passwords: sealed for the machine, whoever could read the file could open it. Files
// that have another owner or list of access are not believed (kMismatch).
std::unique_ptr<SecretStore> MakeSystemSecretStore(std::string folder);

// The fallback for where the service cannot log the accounts on: passwords for the caller and SYSTEM, sealed so that
// only processes of the caller open them. To be used by the real user himself, not by another administrator in his
// place: what that one puts in, the user cannot open.
//
// Exposed by it: every program that runs as the user can read the passwords, and then run as the sandbox's accounts
// without the restrictions of the launcher, though not with more rights than it has itself and these accounts have. The
// folder must be denied to the sandbox. A password of the user that an administrator sets anew loses what is kept;
// `repair` makes new ones.
Expected<std::unique_ptr<SecretStore>> MakeUserSecretStore(std::string folder);

}  // namespace acledger::setup
