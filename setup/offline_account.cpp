// SPDX-License-Identifier: MIT
#include "setup/offline_account.h"

#include "setup/identity.h"

namespace acledger::setup {

OfflineAccount::OfflineAccount(Accounts& accounts, const security::Sid& user)
    : accounts_(accounts), name_(OfflineAccountName(user)), mark_(OwnershipMark(user)) {}

Expected<security::Sid> OfflineAccount::Sid() const {
  const auto user = accounts_.FindUser(name_);
  if (!user) return std::unexpected(user.error());
  if (!*user) return std::unexpected(Error{ErrorKind::kNotFound, "look up the account", name_, 0, "no such account"});
  return (*user)->sid;
}

Expected<void> OfflineAccount::RefuseWhileEnabled() const {
  const auto user = accounts_.FindUser(name_);
  if (!user) return std::unexpected(user.error());
  if (!*user || (*user)->comment != mark_ || (*user)->is_disabled) return {};
  return std::unexpected(
      Error{ErrorKind::kBusy, "open the network to the account", name_, 0, "it could not be disabled before"});
}

}  // namespace acledger::setup
