// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <random>

#include "setup/account_steps.h"
#include "setup/filter_steps.h"
#include "setup/firewall_steps.h"
#include "setup/identity.h"
#include "setup/step_list.h"
#include "tests/setup/fake_accounts.h"
#include "tests/setup/fake_filters.h"
#include "tests/setup/fake_firewall.h"

namespace acledger::setup {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

const security::Sid kUser = security::Sid::Make(5, {21, 7, 7, 7, 1001});
const std::string kOffline = OfflineAccountName(kUser);
const std::string kOnline = OnlineAccountName(kUser);

// A user's sandbox with all that closes it in, in the order of an installation.
struct Machine {
  FakeMachine faults;
  FakeAccounts accounts{faults};
  FakeFirewall firewall{faults};
  FakeFilters filters{faults};
  FakeJournal journal{faults};
  std::mt19937 random{7};
  std::vector<StepResult> last;

  StepList Steps() {
    const AccountSystem system{
        accounts, accounts,
        [this](const std::string& account, const Secret& password) { return accounts.Fits(account, password); },
        [this](std::span<std::uint8_t> to) -> Expected<void> {
          for (std::uint8_t& byte : to) byte = static_cast<std::uint8_t>(random());
          return {};
        }};
    std::vector<std::unique_ptr<Step>> steps = AccountSteps(system, kUser);
    auto closing = FirewallSteps(accounts, firewall, kUser, {3128});
    steps.push_back(FilterHomeStep(filters, "acledgerd"));
    closing.push_back(FilterStep(accounts, filters, kUser));
    auto enabling = EnableSteps(system, kUser, NamesOf(closing));
    for (auto* more : {&closing, &enabling})
      for (auto& step : *more) steps.push_back(std::move(step));
    return {std::move(steps), journal};
  }
  // One process.
  bool Go(bool install) {
    last.clear();
    const auto tell = [this](const StepResult& result) {
      last.push_back(result);
      ExpectClosedIn();
    };
    bool complete = false;
    try {
      const auto done = install ? Steps().Install(tell) : Steps().Uninstall(tell);
      complete = done && done->is_complete;
    } catch (const Killed&) {
      complete = false;
    }
    ExpectClosedIn();
    return complete;
  }
  // At no moment can the offline account be used and is not off the network.
  void ExpectClosedIn() const {
    const auto found = accounts.state.users.find(kOffline);
    if (found == accounts.state.users.end() || found->second.facts.is_disabled) return;
    const security::Sid& sid = found->second.facts.sid;
    for (const FirewallRule& rule : OfflineRules(kOffline, sid, {3128})) {
      ASSERT_TRUE(firewall.rules.contains(rule.name)) << rule.name;
      EXPECT_EQ(firewall.rules.at(rule.name).account, sid);
    }
    for (const Filter& filter : OfflineFilters(kUser, kOffline, sid)) {
      ASSERT_TRUE(filters.filters.contains(filter.key)) << filter.name;
      EXPECT_EQ(filters.filters.at(filter.key), filter);
    }
  }
  bool IsEnabled(const std::string& name) const { return !accounts.state.users.at(name).facts.is_disabled; }
  Outcome OutcomeOf(const std::string& name) const { return std::ranges::find(last, name, &StepResult::name)->outcome; }
};

TEST(ClosedInTest, EnablesTheAccountsLastAndDisablesThemFirst) {
  Machine machine;
  EXPECT_TRUE(machine.Go(true));
  EXPECT_TRUE(machine.IsEnabled(kOffline) && machine.IsEnabled(kOnline));
  ASSERT_THAT(machine.last, SizeIs(13));
  EXPECT_EQ(machine.last[11].name, "enable " + kOffline);
  EXPECT_EQ(machine.last[12].name, "enable " + kOnline);
  EXPECT_TRUE(machine.Go(false));
  EXPECT_EQ(machine.last[0].name, "enable " + kOnline);
  EXPECT_EQ(machine.last[1].name, "enable " + kOffline);
  EXPECT_THAT(machine.accounts.state.users, IsEmpty());
  EXPECT_THAT(machine.firewall.rules, IsEmpty());
  EXPECT_THAT(machine.filters.filters, IsEmpty());
}

TEST(ClosedInTest, DoesNotEnableTheOfflineAccountWhereARuleIsMissing) {
  Machine machine;
  machine.firewall.refuses_ports = true;
  EXPECT_FALSE(machine.Go(true));
  EXPECT_EQ(machine.OutcomeOf("enable " + kOffline), Outcome::kNotTried);
  EXPECT_FALSE(machine.IsEnabled(kOffline));
  EXPECT_TRUE(machine.IsEnabled(kOnline));
  machine.firewall.refuses_ports = false;
  EXPECT_TRUE(machine.Go(true));
  EXPECT_TRUE(machine.IsEnabled(kOffline));
}

TEST(ClosedInTest, DoesNotEnableTheOfflineAccountWhereRulesCountForNothing) {
  Machine machine;
  machine.firewall.overridden = "a group policy overrides them";
  EXPECT_FALSE(machine.Go(true));
  EXPECT_EQ(machine.OutcomeOf("firewall rule acledger " + kOffline + " inbound"), Outcome::kNoEffect);
  EXPECT_FALSE(machine.IsEnabled(kOffline));
}

TEST(ClosedInTest, EachCallMayGoWrongInEachWay) {
  Machine whole;
  ASSERT_TRUE(whole.Go(true));
  const int calls = whole.faults.Calls();
  ASSERT_GT(calls, 120);
  for (const bool uninstall : {false, true})
    for (const Fault fault : {Fault::kError, Fault::kErrorAfter, Fault::kLie, Fault::kKilled, Fault::kKilledAfter})
      for (int at = 0; at < calls; ++at) {
        SCOPED_TRACE(testing::Message() << "uninstall " << uninstall << " fault " << int(fault) << " at " << at);
        Machine machine;
        if (uninstall) {
          ASSERT_TRUE(machine.Go(true));
        }
        machine.faults.FailAt(at, fault);
        machine.Go(!uninstall);
        machine.faults.Heal();
        if (at % 2 == 0) {
          EXPECT_TRUE(machine.Go(true));
          EXPECT_TRUE(machine.IsEnabled(kOffline));
        }
        EXPECT_TRUE(machine.Go(false));
        EXPECT_THAT(machine.accounts.state.users, IsEmpty());
        EXPECT_THAT(machine.firewall.rules, IsEmpty());
        EXPECT_THAT(machine.filters.filters, IsEmpty());
        EXPECT_THAT(machine.faults.records, IsEmpty());
        if (testing::Test::HasFailure()) return;
      }
}

}  // namespace
}  // namespace acledger::setup
