// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>

#include "security/error.h"

namespace acledger::setup {

// Codes of Windows' account functions that decide something (NERR_*, ERROR_*), as numbers, since they are judged in
// portable code.
inline constexpr std::uint32_t kNerrPasswordTooShort = 2245;
inline constexpr std::uint32_t kNerrUserNotFound = 2221;

// What a code of the functions on accounts and groups means, in our words: their own texts are in a library of messages
// of their own. None: a code that means here what it means everywhere.
struct CodeMeaning {
  ErrorKind kind;
  const char* reason;
};
std::optional<CodeMeaning> MeaningOfAccountCode(std::uint32_t code);

// What the answer of the system to a try to log on says of the password that was used.
enum class PasswordVerdict : std::uint8_t {
  kFits,        // It let the account in, or refused it for another reason behind the right password.
  kDisabled,    // The right one, as far as the code goes: the account is disabled.
  kWrong,       // Or one that must be changed before it is of any use.
  kCannotTell,  // Refused before or without a look at the password: locked out, say.
};
// `code`: 0 for an account that was let in.
PasswordVerdict JudgeLogon(std::uint32_t code);

}  // namespace acledger::setup
