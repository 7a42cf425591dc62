// SPDX-License-Identifier: MIT
#include "setup/filter_steps.h"

#include "setup/offline_account.h"

namespace acledger::setup {
namespace {

constexpr const char* kHomeName = "network filters' home";

class HomeStep final : public Step {
 public:
  HomeStep(Filters& filters, std::string service) : filters_(filters), service_(std::move(service)) {}

  const std::string& Name() const override { return name_; }
  std::string Intent() const override {
    return "make a provider and a sublayer for network filters, in the name of the service " + service_;
  }

  Expected<Standing> Check() override {
    const auto found = filters_.FindHome();
    if (!found && found.error().kind == ErrorKind::kMismatch) return Standing{false, found.error().reason};
    if (!found) return std::unexpected(found.error());
    if (!*found) return Standing{false, "there is none"};
    if ((*found)->service != service_) return Standing{false, "it is in the name of another service"};
    if ((*found)->is_off)
      return Standing{false, "Windows has turned its filters off: " + service_ + " does not start by itself"};
    return Standing{true, {}};
  }
  // Nothing of ours is there before: the keys are ours.
  Expected<std::string> Before() override { return std::string(); }
  Expected<void> Apply(const std::string&) override {
    const auto found = filters_.FindHome();
    if (!found && found.error().kind != ErrorKind::kMismatch) return std::unexpected(found.error());
    if (!found || (*found && (*found)->service != service_))
      if (auto removed = filters_.RemoveHome(); !removed) return removed;
    return filters_.MakeHome({service_});
  }
  Expected<void> Undo(const std::string&) override {
    const auto found = filters_.FindHome();
    if (!found && found.error().kind != ErrorKind::kMismatch) return std::unexpected(found.error());
    return found && !*found ? Expected<void>() : filters_.RemoveHome();
  }
  Expected<Standing> CheckUndone(const std::string&) override {
    const auto found = filters_.FindHome();
    if (!found && found.error().kind == ErrorKind::kMismatch) return Standing{false, found.error().reason};
    if (!found) return std::unexpected(found.error());
    return *found ? Standing{false, "they are still there"} : Standing{true, {}};
  }

 private:
  Filters& filters_;
  const std::string service_, name_ = kHomeName;
};

class AccountFiltersStep final : public Step {
 public:
  AccountFiltersStep(const OfflineAccount& account, Filters& filters, const security::Sid& user)
      : account_(account), filters_(filters), user_(user), title_("network filters of " + account.Name()) {}

  const std::string& Name() const override { return title_; }
  std::string Intent() const override {
    return "block ICMP, DNS, DNS over TLS, SMB and NetBIOS for " + account_.Name() + " by network filters";
  }
  std::vector<std::string> Needs() const override { return {account_.Step(), kHomeName}; }

  Expected<Standing> Check() override;
  Expected<std::string> Before() override { return std::string(); }
  Expected<void> Apply(const std::string&) override;
  Expected<void> Undo(const std::string&) override;
  Expected<Standing> CheckUndone(const std::string&) override;

 private:
  const OfflineAccount account_;
  Filters& filters_;
  const security::Sid user_;
  const std::string title_;
};

Expected<Standing> AccountFiltersStep::Check() {
  const auto found = filters_.Find(OfflineFilterKeys(user_));
  if (!found && found.error().kind == ErrorKind::kMismatch) return Standing{false, found.error().reason};
  if (!found) return std::unexpected(found.error());
  if (found->empty()) return Standing{false, "there are none"};
  const auto sid = account_.Sid();
  if (!sid) return std::unexpected(sid.error());
  const auto wanted = OfflineFilters(user_, account_.Name(), *sid);
  if (*found == wanted) return Standing{true, {}};
  return Standing{false, found->size() < wanted.size() ? "some of them are missing" : "they block something else"};
}

Expected<void> AccountFiltersStep::Apply(const std::string&) {
  const auto sid = account_.Sid();
  if (!sid) return std::unexpected(sid.error());
  return filters_.Replace(OfflineFilterKeys(user_), OfflineFilters(user_, account_.Name(), *sid));
}

Expected<void> AccountFiltersStep::Undo(const std::string&) {
  const auto keys = OfflineFilterKeys(user_);
  const auto found = filters_.Find(keys);
  if (!found && found.error().kind != ErrorKind::kMismatch) return std::unexpected(found.error());
  if (found && found->empty()) return {};
  const auto may = account_.RefuseWhileEnabled();
  return may ? filters_.Replace(keys, {}) : may;
}

Expected<Standing> AccountFiltersStep::CheckUndone(const std::string&) {
  const auto found = filters_.Find(OfflineFilterKeys(user_));
  if (!found && found.error().kind == ErrorKind::kMismatch) return Standing{false, found.error().reason};
  if (!found) return std::unexpected(found.error());
  return found->empty() ? Standing{true, {}} : Standing{false, "they are still there"};
}

}  // namespace

std::unique_ptr<Step> FilterHomeStep(Filters& filters, const std::string& service) {
  return std::make_unique<HomeStep>(filters, service);
}

std::unique_ptr<Step> FilterStep(Accounts& accounts, Filters& filters, const security::Sid& user) {
  return std::make_unique<AccountFiltersStep>(OfflineAccount(accounts, user), filters, user);
}

}  // namespace acledger::setup
