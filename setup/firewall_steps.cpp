// SPDX-License-Identifier: MIT
#include "setup/firewall_steps.h"

#include "setup/offline_account.h"

namespace acledger::setup {
namespace {

class RuleStep final : public Step {
 public:
  RuleStep(const OfflineAccount& account, Firewall& firewall, const FirewallRule& wanted)
      : account_(account), firewall_(firewall), title_("firewall rule " + wanted.name), wanted_(wanted) {}

  const std::string& Name() const override { return title_; }
  std::string Intent() const override { return "block by the firewall: " + wanted_.name; }
  std::vector<std::string> Needs() const override { return {account_.Step()}; }

  Expected<Standing> Check() override;
  // Nothing of ours is there before: the name is ours.
  Expected<std::string> Before() override { return std::string(); }
  Expected<void> Apply(const std::string&) override;
  Expected<void> Undo(const std::string&) override {
    const auto found = firewall_.Find(wanted_.name);
    // What is there by this name and does something else goes too.
    if (!found && found.error().kind != ErrorKind::kMismatch) return std::unexpected(found.error());
    if (found && !*found) return {};
    const auto may = account_.RefuseWhileEnabled();
    return may ? firewall_.Remove(wanted_.name) : may;
  }
  Expected<Standing> CheckUndone(const std::string&) override {
    const auto found = firewall_.Find(wanted_.name);
    if (!found) return std::unexpected(found.error());
    return *found ? Standing{false, "the rule is still there"} : Standing{true, {}};
  }

 private:
  Expected<FirewallRule> Wanted();

  const OfflineAccount account_;
  Firewall& firewall_;
  const std::string title_;
  const FirewallRule wanted_;
};

Expected<FirewallRule> RuleStep::Wanted() {
  const auto sid = account_.Sid();
  if (!sid) return std::unexpected(sid.error());
  FirewallRule rule = wanted_;
  rule.account = *sid;
  return rule;
}

Expected<Standing> RuleStep::Check() {
  const auto overridden = firewall_.WhyRulesDoNotCount();
  if (!overridden) return std::unexpected(overridden.error());
  const auto found = firewall_.Find(wanted_.name);
  if (!found && found.error().kind != ErrorKind::kMismatch) return std::unexpected(found.error());
  if (!found) return Standing{false, found.error().reason};
  if (!*found) return Standing{false, "there is no such rule"};
  const auto wanted = Wanted();
  if (!wanted) return std::unexpected(wanted.error());
  if (**found != *wanted) return Standing{false, "the rule blocks something else"};
  return overridden->empty() ? Standing{true, {}} : Standing{false, "the rule counts for nothing: " + *overridden};
}

// Wide first: where the narrow one is refused, more is blocked than was asked for, and not less.
Expected<void> RuleStep::Apply(const std::string&) {
  const auto wanted = Wanted();
  if (!wanted) return std::unexpected(wanted.error());
  const auto found = firewall_.Find(wanted_.name);
  if (!found && found.error().kind != ErrorKind::kMismatch) return std::unexpected(found.error());
  if (found && *found && **found == *wanted) return {};
  if (!found)
    if (auto removed = firewall_.Remove(wanted_.name); !removed) return removed;
  FirewallRule wide = *wanted;
  wide.remote_ports.clear();
  if (auto put = firewall_.Put(wide); !put) return put;
  return wanted->remote_ports.empty() ? Expected<void>() : firewall_.Put(*wanted);
}

}  // namespace

std::vector<std::unique_ptr<Step>> FirewallSteps(Accounts& accounts, Firewall& firewall, const security::Sid& user,
                                                 const std::vector<std::uint16_t>& proxies) {
  std::vector<std::unique_ptr<Step>> steps;
  const OfflineAccount account(accounts, user);
  for (const FirewallRule& rule : OfflineRules(account.Name(), {}, proxies))
    steps.push_back(std::make_unique<RuleStep>(account, firewall, rule));
  return steps;
}

}  // namespace acledger::setup
