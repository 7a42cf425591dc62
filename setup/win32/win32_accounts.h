// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "setup/accounts.h"

namespace acledger::setup {

// The accounts of this machine (not of its domain), through the functions for users and groups, the local security
// authority and the registry. Needs administrator's rights for all that changes.
//
// An account or group is there only if its name stands for a SID of this machine, and that SID for this name: what the
// account functions say alone is not believed. Two answers that contradict each other are kMismatch. Nothing here goes
// by the name of a group of the system's own, which is another one in each language.
//
// SetPassword(), SetNeverExpires() and SetDisabled() look for the account first (kNotFound).
// LocalUser::password_expires also tells that the account itself has a last day, and SetNeverExpires() takes that away
// too. SetDisabled(false) ends a lock-out.
class Win32Accounts final : public Accounts {
 public:
  Expected<std::optional<LocalGroup>> FindGroup(const std::string& name) override;
  Expected<void> MakeGroup(const std::string& name, const std::string& comment) override;
  Expected<void> RemoveGroup(const std::string& name) override;

  Expected<std::optional<LocalUser>> FindUser(const std::string& name) override;
  // Where it cannot be taken out of a group that the system has put it in, it is removed again.
  Expected<void> MakeUser(const std::string& name, const std::string& comment, const Secret& password) override;
  Expected<void> SetPassword(const std::string& name, const Secret& password) override;
  Expected<void> SetNeverExpires(const std::string& name) override;
  Expected<void> SetDisabled(const std::string& name, bool disabled) override;
  Expected<bool> IsHidden(const std::string& name) override;
  // Takes away the registry keys above with the last name, as they are not there on a new system.
  Expected<void> SetHidden(const std::string& name, bool hidden) override;
  // The profile first, while the account's SID can be asked for; the account stays where that fails.
  Expected<void> RemoveUser(const std::string& name) override;

  // A group that is not there has no members.
  Expected<bool> IsMember(const std::string& group, const security::Sid& user) override;
  Expected<void> Join(const std::string& group, const security::Sid& user) override;

  Expected<std::vector<std::string>> RightsOf(const security::Sid& account) override;
  Expected<void> GiveRights(const security::Sid& account, const std::vector<std::string>& rights) override;
  Expected<void> TakeRights(const security::Sid& account, const std::vector<std::string>& rights) override;

  std::uint32_t PolicyCode() const override;
};

// One try to log a local account on as at the keyboard, the way that our accounts are not denied; the session ends at
// once. The token that comes back must be the account's: kMismatch. See TryLogon in setup/password_check.h.
Expected<std::uint32_t> LogOnOnce(const std::string& account, const Secret& password);

}  // namespace acledger::setup
