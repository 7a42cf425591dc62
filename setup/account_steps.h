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
  std::vector<std::string> password_needs{};  // What the secrets are kept in.
};

// The sandbox of one real user: the group, then for each of the two accounts: the disabled account in that group,
// hidden, with the ways to log on denied that it does not need, and its password. What it makes cannot be used yet.
std::vector<std::unique_ptr<Step>> AccountSteps(const AccountSystem& system, const security::Sid& user);

// Enables the two accounts: behind all other steps, so that neither can be used before all else is so, and taken back
// in reverse, so that they are disabled first. The offline account is enabled only where the steps `closes_in` are
// whole: those that keep it off the network.
std::vector<std::unique_ptr<Step>> EnableSteps(const AccountSystem& system, const security::Sid& user,
                                               const std::vector<std::string>& closes_in);

}  // namespace acledger::setup
