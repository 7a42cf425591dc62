// SPDX-License-Identifier: MIT
#include "setup/account_answers.h"

namespace acledger::setup {
namespace {

std::unexpected<Error> Contradiction(const std::string& name, const char* reason) {
  return std::unexpected(Error{ErrorKind::kMismatch, "look at the account", name, 0, reason});
}

}  // namespace

Expected<std::optional<security::Sid>> AgreeOnAccount(const std::string& name,
                                                      const std::optional<security::Sid>& by_lookup,
                                                      const Expected<std::optional<security::Sid>>& by_account) {
  if (!by_lookup) {
    if (by_account && *by_account)
      return Contradiction(name, "there is an account of that name, and the name stands for nobody");
    return std::optional<security::Sid>();
  }
  if (!by_account) return std::unexpected(by_account.error());
  if (!*by_account) return Contradiction(name, "the name stands for an account, and there is none");
  if (**by_account != *by_lookup) return Contradiction(name, "the account has another SID than its name stands for");
  return by_lookup;
}

Expected<void> RemoveAndProve(const std::function<Expected<bool>()>& is_there,
                              const std::function<Expected<void>()>& remove, const char* operation,
                              const std::string& name) {
  const Expected<bool> before = is_there();
  if (!before) return std::unexpected(before.error());
  if (!*before) return {};
  if (auto removed = remove(); !removed) return removed;
  const Expected<bool> after = is_there();
  if (!after) return std::unexpected(after.error());
  if (!*after) return {};
  return std::unexpected(Error{ErrorKind::kNoEffect, operation, name, 0, "it was removed, and is still there"});
}

}  // namespace acledger::setup
