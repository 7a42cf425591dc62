// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "security/sid.h"
#include "setup/accounts.h"
#include "setup/password.h"
#include "setup/step.h"

namespace acledger::setup {

// What the steps of accounts work with; must outlive them.
struct AccountSystem {
  Accounts& accounts;
  SecretStore& secrets;
  PasswordFits password_fits;
  FillRandom random;
};

// The sandbox of one real user: the group, then for each of the two accounts: the disabled account in that group,
// hidden, with the ways to log on denied that it does not need; its password; and last that it is enabled. In this
// order, so that no account can be used before all else is so, and taken back in reverse, so that it is disabled first.
std::vector<std::unique_ptr<Step>> AccountSteps(const AccountSystem& system, const security::Sid& user);

}  // namespace acledger::setup
