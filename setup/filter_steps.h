// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include "security/sid.h"
#include "setup/accounts.h"
#include "setup/filters.h"
#include "setup/step.h"

namespace acledger::setup {

// The provider and the sublayer that every user's filters belong to: once in a list of steps, in front of them.
// `service` as in FilterHome. `filters` must outlive it.
std::unique_ptr<Step> FilterHomeStep(Filters& filters, const std::string& service);

// All filters of the user's offline account, in one transaction. Needs the account and the home; the account is to be
// enabled after it, and it stays where that could not be disabled. `accounts` and `filters` must outlive it.
std::unique_ptr<Step> FilterStep(Accounts& accounts, Filters& filters, const security::Sid& user);

}  // namespace acledger::setup
