// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "security/error.h"
#include "setup/secret.h"

namespace acledger::setup {

// Fills with bytes of the system's cryptographic generator.
using FillRandom = std::function<Expected<void>(std::span<std::uint8_t>)>;

// A password of so many characters (at least 4): ASCII letters, digits and marks, each as likely as the others, at
// least one of each of the four kinds that a password policy may ask for. kInvalid: too short; the generator's error.
Expected<Secret> MakePassword(std::size_t length, const FillRandom& random);

// Makes passwords and gives them to `set` until it takes one: a policy may want longer ones, or refuse one for what is
// in it. Only kDenied with Error::code `policy_code` (NERR_PasswordTooShort) is tried again; any other error ends it.
Expected<Secret> SetSomePassword(const FillRandom& random, std::uint32_t policy_code,
                                 const std::function<Expected<void>(const Secret&)>& set);

}  // namespace acledger::setup
