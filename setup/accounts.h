// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "security/sid.h"
#include "setup/secret.h"

namespace acledger::setup {

struct LocalUser {
  security::Sid sid;
  std::string comment;
  bool is_disabled = false;
  bool password_expires = false;
};
struct LocalGroup {
  security::Sid sid;
  std::string comment;
};

// The accounts of this machine, their rights, and what the screen for logging on shows. Each call asks or changes the
// system at once. A call that reports success may have had no effect.
//
// Threads: one at a time. Errors: kNotFound, kDenied (with the system's code), kInvalid (a name), kMismatch (there is
// one of that name already), kIo.
class Accounts {
 public:
  Accounts() = default;
  virtual ~Accounts() = default;
  Accounts(const Accounts&) = delete;
  Accounts& operator=(const Accounts&) = delete;

  virtual Expected<std::optional<LocalGroup>> FindGroup(const std::string& name) = 0;
  virtual Expected<void> MakeGroup(const std::string& name, const std::string& comment) = 0;
  virtual Expected<void> RemoveGroup(const std::string& name) = 0;

  virtual Expected<std::optional<LocalUser>> FindUser(const std::string& name) = 0;
  // Disabled, with a password that never expires and that the user cannot change; in no group.
  virtual Expected<void> MakeUser(const std::string& name, const std::string& comment, const Secret& password) = 0;
  virtual Expected<void> SetPassword(const std::string& name, const Secret& password) = 0;
  virtual Expected<void> SetNeverExpires(const std::string& name) = 0;
  virtual Expected<void> SetDisabled(const std::string& name, bool disabled) = 0;
  // From the screen where people log on. Outlives the account.
  virtual Expected<bool> IsHidden(const std::string& name) = 0;
  virtual Expected<void> SetHidden(const std::string& name, bool hidden) = 0;
  // The account, and what Windows keeps for its user: the profile.
  virtual Expected<void> RemoveUser(const std::string& name) = 0;

  virtual Expected<bool> IsMember(const std::string& group, const security::Sid& user) = 0;
  virtual Expected<void> Join(const std::string& group, const security::Sid& user) = 0;

  // Account rights by their names in Windows: "SeDenyNetworkLogonRight". They outlive the account.
  virtual Expected<std::vector<std::string>> RightsOf(const security::Sid& account) = 0;
  virtual Expected<void> GiveRights(const security::Sid& account, const std::vector<std::string>& rights) = 0;
  virtual Expected<void> TakeRights(const security::Sid& account, const std::vector<std::string>& rights) = 0;

  // Error::code of what is refused by the password policy.
  virtual std::uint32_t PolicyCode() const = 0;
};

// Passwords by account, for the system alone.
class SecretStore {
 public:
  SecretStore() = default;
  virtual ~SecretStore() = default;
  SecretStore(const SecretStore&) = delete;
  SecretStore& operator=(const SecretStore&) = delete;

  virtual Expected<std::optional<Secret>> Find(const std::string& account) = 0;
  virtual Expected<void> Put(const std::string& account, const Secret& password) = 0;
  virtual Expected<void> Remove(const std::string& account) = 0;  // Good where there is none.
};

// Whether the system takes this password for this account, disabled or not.
using PasswordFits = std::function<Expected<bool>(const std::string& account, const Secret& password)>;

}  // namespace acledger::setup
