// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "security/sid.h"
#include "setup/accounts.h"
#include "setup/firewall.h"
#include "setup/step.h"

namespace acledger::setup {

// A step for each rule that keeps the user's offline account off the network. They need the account, it is to be
// enabled after them (EnableSteps()), and they stay where it could not be disabled. `accounts` and `firewall` must
// outlive them.
std::vector<std::unique_ptr<Step>> FirewallSteps(Accounts& accounts, Firewall& firewall, const security::Sid& user,
                                                 const std::vector<std::uint16_t>& proxies);

}  // namespace acledger::setup
