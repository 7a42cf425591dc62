// SPDX-License-Identifier: MIT
#include "setup/account_steps.h"

#include <algorithm>
#include <array>

#include "setup/identity.h"

namespace acledger::setup {
namespace {

const std::vector<std::string>& DeniedRights() {
  static const std::vector<std::string> rights = {"SeDenyNetworkLogonRight", "SeDenyBatchLogonRight",
                                                  "SeDenyServiceLogonRight", "SeDenyRemoteInteractiveLogonRight"};
  return rights;
}

std::unexpected<Error> Foreign(const std::string& what, const std::string& name) {
  return std::unexpected(Error{ErrorKind::kMismatch, "look at the " + what, name, 0,
                               "there is one that acledger did not make: rename or remove it"});
}

// Before it is made, nothing of it is there; what has our mark was made by a set-up of ours.
class MadeByUs : public Step {
 public:
  MadeByUs(const AccountSystem& system, const std::string& kind, std::string name, const security::Sid& user)
      : system_(system), title_(kind + " " + name), name_(std::move(name)), mark_(OwnershipMark(user)) {}

  const std::string& Name() const override { return title_; }
  Expected<std::string> Before() override { return std::string(); }

 protected:
  Expected<std::optional<LocalGroup>> Group(const std::string& name) {
    auto found = system_.accounts.FindGroup(name);
    if (found && *found && (*found)->comment != mark_) return Foreign("group", name);
    return found;
  }
  Expected<std::optional<LocalUser>> User() {
    auto found = system_.accounts.FindUser(name_);
    if (found && *found && (*found)->comment != mark_) return Foreign("account", name_);
    return found;
  }
  Accounts& accounts() { return system_.accounts; }

  const AccountSystem system_;
  const std::string title_, name_, mark_;
};

class GroupStep final : public MadeByUs {
 public:
  GroupStep(const AccountSystem& system, const security::Sid& user)
      : MadeByUs(system, "group", GroupName(user), user) {}

  std::string Intent() const override { return "make the local group " + name_; }
  Expected<Standing> Check() override {
    const auto group = Group(name_);
    if (!group) return std::unexpected(group.error());
    return *group ? Standing{true, {}} : Standing{false, "there is no group " + name_};
  }
  Expected<void> Apply(const std::string&) override { return accounts().MakeGroup(name_, mark_); }
  Expected<void> Undo(const std::string&) override {
    const auto group = accounts().FindGroup(name_);
    if (!group) return std::unexpected(group.error());
    if (!*group || (*group)->comment != mark_) return {};
    return accounts().RemoveGroup(name_);
  }
  Expected<Standing> CheckUndone(const std::string&) override {
    const auto group = accounts().FindGroup(name_);
    if (!group) return std::unexpected(group.error());
    if (!*group || (*group)->comment != mark_) return Standing{true, {}};
    return Standing{false, "the group " + name_ + " is still there"};
  }
};

class UserStep final : public MadeByUs {
 public:
  UserStep(const AccountSystem& system, const std::string& name, const security::Sid& user)
      : MadeByUs(system, "account", name, user), group_(GroupName(user)) {}

  std::string Intent() const override {
    return "make the local account " + name_ + ", disabled and hidden, in " + group_ +
           "; deny it to log on over the network, as a batch job, as a service and remotely";
  }
  std::vector<std::string> Needs() const override { return {"group " + group_}; }
  Expected<Standing> Check() override;
  Expected<void> Apply(const std::string&) override;
  Expected<void> Undo(const std::string&) override;
  Expected<Standing> CheckUndone(const std::string&) override;

 private:
  Expected<std::vector<std::string>> MissingRights(const security::Sid& sid);
  Expected<LocalUser> Make();
  Expected<void> TakeAllRights(const security::Sid& sid);

  const std::string group_;
};

Expected<std::vector<std::string>> UserStep::MissingRights(const security::Sid& sid) {
  const auto rights = accounts().RightsOf(sid);
  if (!rights) return std::unexpected(rights.error());
  std::vector<std::string> missing;
  for (const std::string& right : DeniedRights())
    if (std::ranges::find(*rights, right) == rights->end()) missing.push_back(right);
  return missing;
}

Expected<Standing> UserStep::Check() {
  const auto user = User();
  if (!user) return std::unexpected(user.error());
  if (!*user) return Standing{false, "there is no account " + name_};
  const auto member = accounts().IsMember(group_, (*user)->sid);
  if (!member) return std::unexpected(member.error());
  const auto missing = MissingRights((*user)->sid);
  if (!missing) return std::unexpected(missing.error());
  const auto hidden = accounts().IsHidden(name_);
  if (!hidden) return std::unexpected(hidden.error());
  std::string what;
  const auto add = [&what](const std::string& text) { what += (what.empty() ? "" : "; ") + text; };
  if ((*user)->password_expires) add("its password expires");
  if (!*hidden) add("it is not hidden from the logon screen");
  if (!*member) add("it is not in " + group_);
  for (const std::string& right : *missing) add("it lacks " + right);
  return Standing{what.empty(), what.empty() ? what : name_ + ": " + what};
}

Expected<LocalUser> UserStep::Make() {
  auto user = User();
  if (!user) return std::unexpected(user.error());
  if (!*user) {
    // A password of the moment: that of the account is the next step's.
    const auto made = SetSomePassword(system_.random, accounts().PolicyCode(), [this](const Secret& password) {
      return accounts().MakeUser(name_, mark_, password);
    });
    if (!made) return std::unexpected(made.error());
    user = User();
    if (!user) return std::unexpected(user.error());
  }
  if (*user) return **user;
  return std::unexpected(Error{ErrorKind::kNoEffect, "make the account", name_, 0, "it was made, and is not there"});
}

Expected<void> UserStep::Apply(const std::string&) {
  const auto user = Make();
  if (!user) return std::unexpected(user.error());
  if (user->password_expires)
    if (auto set = accounts().SetNeverExpires(name_); !set) return set;
  if (auto hidden = accounts().SetHidden(name_, true); !hidden) return hidden;
  const auto missing = MissingRights(user->sid);
  if (!missing) return std::unexpected(missing.error());
  if (!missing->empty())
    if (auto given = accounts().GiveRights(user->sid, *missing); !given) return given;
  const auto member = accounts().IsMember(group_, user->sid);
  if (!member) return std::unexpected(member.error());
  return *member ? Expected<void>() : accounts().Join(group_, user->sid);
}

// What outlives the account goes first, as long as it can be asked for.
Expected<void> UserStep::Undo(const std::string&) {
  const auto user = accounts().FindUser(name_);
  if (!user) return std::unexpected(user.error());
  if (*user && (*user)->comment != mark_) return {};
  if (*user)
    if (auto taken = TakeAllRights((*user)->sid); !taken) return taken;
  if (auto shown = accounts().SetHidden(name_, false); !shown) return shown;
  return *user ? accounts().RemoveUser(name_) : Expected<void>();
}

Expected<void> UserStep::TakeAllRights(const security::Sid& sid) {
  const auto rights = accounts().RightsOf(sid);
  if (!rights) return std::unexpected(rights.error());
  if (rights->empty()) return {};
  if (auto taken = accounts().TakeRights(sid, *rights); !taken) return taken;
  const auto left = accounts().RightsOf(sid);
  if (!left) return std::unexpected(left.error());
  if (left->empty()) return {};
  return std::unexpected(
      Error{ErrorKind::kNoEffect, "take the account's rights", name_, 0, "it still has " + left->front()});
}

Expected<Standing> UserStep::CheckUndone(const std::string&) {
  const auto user = accounts().FindUser(name_);
  if (!user) return std::unexpected(user.error());
  if (*user && (*user)->comment != mark_) return Standing{true, {}};
  if (*user) return Standing{false, "the account " + name_ + " is still there"};
  const auto hidden = accounts().IsHidden(name_);
  if (!hidden) return std::unexpected(hidden.error());
  return *hidden ? Standing{false, name_ + " is still hidden from the logon screen"} : Standing{true, {}};
}

// What it was before is not put back: it goes with the account.
class PasswordStep final : public MadeByUs {
 public:
  PasswordStep(const AccountSystem& system, const std::string& name, const security::Sid& user)
      : MadeByUs(system, "password of", name, user) {}

  std::string Intent() const override { return "give " + name_ + " a new password that the system alone can read"; }
  std::vector<std::string> Needs() const override {
    std::vector<std::string> needs = system_.password_needs;
    needs.push_back("account " + name_);
    return needs;
  }

  Expected<Standing> Check() override {
    const auto kept = system_.secrets.Find(name_);
    if (!kept && IsDamage(kept.error())) return Standing{false, kept.error().ToString()};
    if (!kept) return std::unexpected(kept.error());
    if (!*kept) return Standing{false, "the password of " + name_ + " is not kept"};
    const auto fits = system_.password_fits(name_, **kept);
    if (!fits) return std::unexpected(fits.error());
    return *fits ? Standing{true, {}} : Standing{false, "the password that is kept is not that of " + name_};
  }
  // Kept first: an end in between leaves one that does not fit, which shows, and no account that nobody can use.
  Expected<void> Apply(const std::string&) override {
    const auto made = SetSomePassword(system_.random, accounts().PolicyCode(), [this](const Secret& password) {
      const auto kept = system_.secrets.Put(name_, password);
      return kept ? accounts().SetPassword(name_, password) : kept;
    });
    if (!made) return std::unexpected(made.error());
    return {};
  }
  Expected<void> Undo(const std::string&) override { return system_.secrets.Remove(name_); }
  Expected<Standing> CheckUndone(const std::string&) override {
    const auto kept = system_.secrets.Find(name_);
    if (!kept) return std::unexpected(kept.error());
    return *kept ? Standing{false, "the password of " + name_ + " is still kept"} : Standing{true, {}};
  }

 private:
  // A new password heals it.
  static bool IsDamage(const Error& error) {
    return error.kind == ErrorKind::kCorrupt || error.kind == ErrorKind::kMismatch;
  }
};

class EnableStep final : public MadeByUs {
 public:
  EnableStep(const AccountSystem& system, const std::string& name, const security::Sid& user,
             const std::vector<std::string>& closes_in)
      : MadeByUs(system, "enable", name, user), needs_{"account " + name, "password of " + name} {
    needs_.insert(needs_.end(), closes_in.begin(), closes_in.end());
  }

  std::string Intent() const override { return "enable " + name_; }
  std::vector<std::string> Needs() const override { return needs_; }
  bool GoesWithItsNeeds() const override { return true; }
  Expected<Standing> Check() override {
    const auto user = User();
    if (!user) return std::unexpected(user.error());
    if (*user && !(*user)->is_disabled) return Standing{true, {}};
    return Standing{false, *user ? name_ + " is disabled" : "there is no account " + name_};
  }
  Expected<void> Apply(const std::string&) override { return accounts().SetDisabled(name_, false); }
  Expected<void> Undo(const std::string&) override {
    const auto user = accounts().FindUser(name_);
    if (!user) return std::unexpected(user.error());
    if (!*user || (*user)->comment != mark_ || (*user)->is_disabled) return {};
    return accounts().SetDisabled(name_, true);
  }
  Expected<Standing> CheckUndone(const std::string&) override {
    const auto user = accounts().FindUser(name_);
    if (!user) return std::unexpected(user.error());
    if (!*user || (*user)->comment != mark_ || (*user)->is_disabled) return Standing{true, {}};
    return Standing{false, name_ + " is still enabled"};
  }

 private:
  std::vector<std::string> needs_;
};

}  // namespace

std::vector<std::unique_ptr<Step>> AccountSteps(const AccountSystem& system, const security::Sid& user) {
  std::vector<std::unique_ptr<Step>> steps;
  steps.push_back(std::make_unique<GroupStep>(system, user));
  for (const std::string& name : {OfflineAccountName(user), OnlineAccountName(user)}) {
    steps.push_back(std::make_unique<UserStep>(system, name, user));
    steps.push_back(std::make_unique<PasswordStep>(system, name, user));
  }
  return steps;
}

std::vector<std::unique_ptr<Step>> EnableSteps(const AccountSystem& system, const security::Sid& user,
                                               const std::vector<std::string>& closes_in) {
  std::vector<std::unique_ptr<Step>> steps;
  steps.push_back(std::make_unique<EnableStep>(system, OfflineAccountName(user), user, closes_in));
  steps.push_back(std::make_unique<EnableStep>(system, OnlineAccountName(user), user, std::vector<std::string>()));
  return steps;
}

}  // namespace acledger::setup
