// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <set>
#include <string>

#include "setup/accounts.h"
#include "tests/setup/fake_machine.h"

namespace acledger::setup {

inline constexpr std::uint32_t kTooSimple = 2245;  // NERR_PasswordTooShort.

// The accounts of a machine in memory, and its secrets; calls go wrong as the FakeMachine says.
class FakeAccounts final : public Accounts, public SecretStore {
 public:
  explicit FakeAccounts(FakeMachine& machine) : machine_(machine) {}

  struct User {
    LocalUser facts;
    std::string password;
    bool operator==(const User& other) const {
      return facts.comment == other.facts.comment && facts.is_disabled == other.facts.is_disabled;
    }
  };
  struct State {
    std::map<std::string, LocalGroup> groups;
    std::map<std::string, User> users;
    std::map<std::string, std::set<std::string>> members;
    std::map<std::string, std::set<std::string>> rights;  // By SID.
    std::set<std::string> hidden;
    std::map<std::string, std::string> kept;
  };
  State state;
  std::size_t least_password = 0;
  std::set<std::string> damaged;  // Passwords that are kept in files that are none any more.

  Expected<std::optional<LocalGroup>> FindGroup(const std::string& name) override {
    if (!Asked()) return Broken();
    const auto found = state.groups.find(name);
    return found == state.groups.end() ? std::nullopt : std::optional(found->second);
  }
  Expected<void> MakeGroup(const std::string& name, const std::string& comment) override {
    return machine_.Do([&] { state.groups[name] = {NextSid(), comment}; });
  }
  Expected<void> RemoveGroup(const std::string& name) override {
    return machine_.Do([&] { state.groups.erase(name), state.members.erase(name); });
  }
  Expected<std::optional<LocalUser>> FindUser(const std::string& name) override {
    if (!Asked()) return Broken();
    const auto found = state.users.find(name);
    return found == state.users.end() ? std::nullopt : std::optional(found->second.facts);
  }
  Expected<void> MakeUser(const std::string& name, const std::string& comment, const Secret& password) override {
    if (password.Size() < least_password) return Refuse();
    return machine_.Do(
        [&] { state.users[name] = {{NextSid(), comment, true, false}, std::string(password.Reveal())}; });
  }
  Expected<void> SetPassword(const std::string& name, const Secret& password) override {
    if (password.Size() < least_password) return Refuse();
    return machine_.Do([&] { state.users.at(name).password = password.Reveal(); });
  }
  Expected<void> SetNeverExpires(const std::string& name) override {
    return machine_.Do([&] { state.users.at(name).facts.password_expires = false; });
  }
  Expected<void> SetDisabled(const std::string& name, bool disabled) override {
    return machine_.Do([&] { state.users.at(name).facts.is_disabled = disabled; });
  }
  Expected<bool> IsHidden(const std::string& name) override {
    if (!Asked()) return Broken();
    return state.hidden.contains(name);
  }
  Expected<void> SetHidden(const std::string& name, bool hidden) override {
    return machine_.Do([&] { hidden ? void(state.hidden.insert(name)) : void(state.hidden.erase(name)); });
  }
  Expected<void> RemoveUser(const std::string& name) override {
    return machine_.Do([&] {
      for (auto& [group, members] : state.members) members.erase(state.users.at(name).facts.sid.ToString());
      state.users.erase(name);
    });
  }
  Expected<bool> IsMember(const std::string& group, const security::Sid& user) override {
    if (!Asked()) return Broken();
    return state.members[group].contains(user.ToString());
  }
  Expected<void> Join(const std::string& group, const security::Sid& user) override {
    return machine_.Do([&] { state.members[group].insert(user.ToString()); });
  }
  Expected<std::vector<std::string>> RightsOf(const security::Sid& account) override {
    if (!Asked()) return Broken();
    const auto found = state.rights.find(account.ToString());
    if (found == state.rights.end()) return std::vector<std::string>();
    return std::vector<std::string>(found->second.begin(), found->second.end());
  }
  Expected<void> GiveRights(const security::Sid& account, const std::vector<std::string>& rights) override {
    return machine_.Do([&] { state.rights[account.ToString()].insert(rights.begin(), rights.end()); });
  }
  Expected<void> TakeRights(const security::Sid& account, const std::vector<std::string>& rights) override {
    return machine_.Do([&] {
      auto& has = state.rights[account.ToString()];
      for (const std::string& right : rights) has.erase(right);
      if (has.empty()) state.rights.erase(account.ToString());
    });
  }
  std::uint32_t PolicyCode() const override { return kTooSimple; }

  Expected<std::optional<Secret>> Find(const std::string& account) override {
    if (!Asked()) return Broken();
    if (damaged.contains(account)) return Fail(ErrorKind::kCorrupt, "read the password", "its file is damaged");
    const auto found = state.kept.find(account);
    if (found == state.kept.end()) return std::optional<Secret>();
    return std::optional<Secret>(Secret(found->second));
  }
  Expected<void> Put(const std::string& account, const Secret& password) override {
    return machine_.Do([&] { damaged.erase(account), state.kept[account] = password.Reveal(); });
  }
  Expected<void> Remove(const std::string& account) override {
    return machine_.Do([&] { damaged.erase(account), state.kept.erase(account); });
  }
  Expected<bool> Fits(const std::string& account, const Secret& password) {
    if (!Asked()) return Broken();
    const auto found = state.users.find(account);
    return found != state.users.end() && found->second.password == password.Reveal();
  }

 private:
  bool Asked() { return machine_.Next() == Fault::kNone; }
  static std::unexpected<Error> Refuse() {
    return Fail(ErrorKind::kDenied, "set the password", "too short", kTooSimple);
  }
  security::Sid NextSid() { return security::Sid::Make(5, {21, 7, 7, 7, next_rid_++}); }

  FakeMachine& machine_;
  std::uint32_t next_rid_ = 2000;
};

}  // namespace acledger::setup
