// SPDX-License-Identifier: MIT
#include "setup/account_codes.h"

#include <algorithm>
#include <array>

namespace acledger::setup {
namespace {

struct Row {
  std::uint32_t code;
  CodeMeaning meaning;
};

// (lmerr.h, winerror.h)
constexpr std::array kRows = {
    Row{1315, {ErrorKind::kInvalid, "this is no name for an account"}},              // ERROR_INVALID_ACCOUNT_NAME
    Row{1316, {ErrorKind::kMismatch, "there is an account of that name"}},           // ERROR_USER_EXISTS
    Row{1317, {ErrorKind::kNotFound, "there is no such account"}},                   // ERROR_NO_SUCH_USER
    Row{1318, {ErrorKind::kMismatch, "there is a group of that name"}},              // ERROR_GROUP_EXISTS
    Row{1319, {ErrorKind::kNotFound, "there is no such group"}},                     // ERROR_NO_SUCH_GROUP
    Row{1325, {ErrorKind::kDenied, "the password policy does not take it"}},         // ERROR_PASSWORD_RESTRICTION
    Row{1332, {ErrorKind::kNotFound, "the name stands for nobody"}},                 // ERROR_NONE_MAPPED
    Row{1376, {ErrorKind::kNotFound, "there is no such local group"}},               // ERROR_NO_SUCH_ALIAS
    Row{1379, {ErrorKind::kMismatch, "there is a local group of that name"}},        // ERROR_ALIAS_EXISTS
    Row{1387, {ErrorKind::kNotFound, "there is no such member"}},                    // ERROR_NO_SUCH_MEMBER
    Row{1388, {ErrorKind::kInvalid, "it cannot be a member"}},                       // ERROR_INVALID_MEMBER
    Row{1909, {ErrorKind::kBusy, "the account is locked out for now"}},              // ERROR_ACCOUNT_LOCKED_OUT
    Row{2140, {ErrorKind::kIo, "the system's functions for accounts failed"}},       // NERR_InternalError
    Row{2202, {ErrorKind::kInvalid, "this is no name for an account"}},              // NERR_BadUsername
    Row{2220, {ErrorKind::kNotFound, "there is no such group"}},                     // NERR_GroupNotFound
    Row{kNerrUserNotFound, {ErrorKind::kNotFound, "there is no such account"}},      //
    Row{2223, {ErrorKind::kMismatch, "there is a group of that name"}},              // NERR_GroupExists
    Row{2224, {ErrorKind::kMismatch, "there is an account of that name"}},           // NERR_UserExists
    Row{2226, {ErrorKind::kUnsupported, "only a domain controller does that"}},      // NERR_NotPrimary
    Row{2234, {ErrorKind::kDenied, "the system does that to no group of its own"}},  // NERR_SpeGroupOp
    Row{kNerrPasswordTooShort, {ErrorKind::kDenied, "the password policy does not take it"}},
    Row{2452, {ErrorKind::kDenied, "the last administrator stays"}},  // NERR_LastAdmin
};

}  // namespace

std::optional<CodeMeaning> MeaningOfAccountCode(std::uint32_t code) {
  const auto* found = std::ranges::find(kRows, code, &Row::code);
  return found == kRows.end() ? std::nullopt : std::optional(found->meaning);
}

// Windows looks at the password first. What it says of the account is told only to who knows the password: so the codes
// for a disabled or expired account, and for what the account may not do, speak of a right one. The exception is a
// lock-out, which is there to keep anybody from learning that.
PasswordVerdict JudgeLogon(std::uint32_t code) {
  switch (code) {
    case 0:
    case 1328:  // ERROR_INVALID_LOGON_HOURS
    case 1329:  // ERROR_INVALID_WORKSTATION
    case 1385:  // ERROR_LOGON_TYPE_NOT_GRANTED
    case 1793:  // ERROR_ACCOUNT_EXPIRED
      return PasswordVerdict::kFits;
    case 1331:  // ERROR_ACCOUNT_DISABLED
      return PasswordVerdict::kDisabled;
    case 1323:  // ERROR_WRONG_PASSWORD
    case 1326:  // ERROR_LOGON_FAILURE
    case 1330:  // ERROR_PASSWORD_EXPIRED
    case 1907:  // ERROR_PASSWORD_MUST_CHANGE
      return PasswordVerdict::kWrong;
    default:
      return PasswordVerdict::kCannotTell;
  }
}

}  // namespace acledger::setup
