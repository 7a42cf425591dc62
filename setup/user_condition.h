// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

#include "security/descriptor.h"
#include "security/sid.h"

namespace acledger::setup {

// Windows' firewall and its filtering platform say whom a rule is for by a security descriptor: who gets the right to
// match (FWP_ACTRL_MATCH_FILTER, "CC") is meant. Descriptors, and nothing that is done to objects.

// The descriptor that means one account and nobody else, as SDDL. Its owner is the one that Windows' own tools write.
std::string UserConditionSddl(const security::Sid& account);
security::DescriptorBytes UserCondition(const security::Sid& account);

// The account that a descriptor means. Empty: none, several, more than this one right's worth of entries, malformed.
std::optional<security::Sid> UserInCondition(security::Bytes descriptor);

}  // namespace acledger::setup
