// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "security/sid.h"

namespace acledger::setup {

// Which account `name` is, by what the two parts of the system say that know accounts: the lookup of names, and the
// functions for accounts. None: there is no such account. The lookup decides, since it is what every other part of the
// system asks. That it finds none is a whole answer, so that the account functions may have failed then (Wine's do, for
// what was made and has no effect); but they may not tell of an account. kMismatch: they contradict each other.
Expected<std::optional<security::Sid>> AgreeOnAccount(const std::string& name,
                                                      const std::optional<security::Sid>& by_lookup,
                                                      const Expected<std::optional<security::Sid>>& by_account);

// Removes what `is_there` asks for, unless it is not there, and asks again. kNoEffect: it is there still; else the
// errors of the two.
Expected<void> RemoveAndProve(const std::function<Expected<bool>()>& is_there,
                              const std::function<Expected<void>()>& remove, const char* operation,
                              const std::string& name);

}  // namespace acledger::setup
