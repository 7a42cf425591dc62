// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "setup/accounts.h"
#include "setup/secret.h"

namespace acledger::setup {

// One try to log an account on, and out again at once. Returns the system's own code, 0: it was let in, and as that
// account. Errors: kNotFound (no such account), kMismatch (it was let in as somebody else), kIo.
using TryLogon = std::function<Expected<std::uint32_t>(const std::string& account, const Secret& password)>;

// Whether a password fits, by trying it; none fits an account that is not there. Where the answer is "disabled", a
// wrong password must get another one: else the system does not look at passwords of disabled accounts, and the error
// is kUnsupported. That wrong try counts towards the lock-out of the disabled account, once a call; an enabled account
// gets none. Errors: those of the try; kBusy (locked out), and kDenied or what the code means, where the system says
// nothing about the password.
PasswordFits CheckByLogon(TryLogon logon);

}  // namespace acledger::setup
