// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "security/sid.h"
#include "setup/accounts.h"

namespace acledger::setup {

// The account that rules of the network are for. Its SID is known only once it is made, so that they are put together
// when they are needed. `accounts` must outlive it.
class OfflineAccount {
 public:
  OfflineAccount(Accounts& accounts, const security::Sid& user);

  const std::string& Name() const { return name_; }
  std::string Step() const { return "account " + name_; }  // The name of the step that makes it.

  // kNotFound: there is none.
  Expected<security::Sid> Sid() const;
  // kBusy: it is ours and enabled. What closes it in stays until nobody can use it.
  Expected<void> RefuseWhileEnabled() const;

 private:
  Accounts& accounts_;
  const std::string name_, mark_;
};

}  // namespace acledger::setup
