// SPDX-License-Identifier: MIT
#include "setup/password_check.h"

#include <utility>

#include "setup/account_codes.h"

namespace acledger::setup {
namespace {

constexpr char kOperation[] = "try the password";

std::unexpected<Error> CannotTell(const std::string& account, std::uint32_t code) {
  const auto meaning = MeaningOfAccountCode(code).value_or(
      CodeMeaning{ErrorKind::kDenied, "the system's answer says nothing about the password"});
  return std::unexpected(Error{meaning.kind, kOperation, account, code, meaning.reason});
}

// Nobody's: it has no letters and no digits, which each of ours has.
const Secret& NobodysPassword() {
  static const Secret wrong("~=~ _:_ ~=~ .:. ~=~ _:_ ~=~");
  return wrong;
}

Expected<bool> CheckDisabled(const TryLogon& logon, const std::string& account, const Secret& password) {
  if (password == NobodysPassword())
    return std::unexpected(Error{ErrorKind::kInvalid, kOperation, account, 0, "this one is kept for another use"});
  const auto other = logon(account, NobodysPassword());
  if (!other) return std::unexpected(other.error());
  switch (JudgeLogon(*other)) {
    case PasswordVerdict::kWrong:
      return true;
    case PasswordVerdict::kCannotTell:
      return CannotTell(account, *other);
    case PasswordVerdict::kFits:
    case PasswordVerdict::kDisabled:
      break;
  }
  return std::unexpected(Error{ErrorKind::kUnsupported, kOperation, account, *other,
                               "the system does not look at the password of an account that is disabled"});
}

}  // namespace

PasswordFits CheckByLogon(TryLogon logon) {
  return [logon = std::move(logon)](const std::string& account, const Secret& password) -> Expected<bool> {
    const auto code = logon(account, password);
    if (!code && code.error().kind == ErrorKind::kNotFound) return false;
    if (!code) return std::unexpected(code.error());
    switch (JudgeLogon(*code)) {
      case PasswordVerdict::kFits:
        return true;
      case PasswordVerdict::kWrong:
        return false;
      case PasswordVerdict::kDisabled:
        return CheckDisabled(logon, account, password);
      case PasswordVerdict::kCannotTell:
        break;
    }
    return CannotTell(account, *code);
  };
}

}  // namespace acledger::setup
