// SPDX-License-Identifier: MIT
#include "setup/firewall.h"

#include <gmock/gmock.h>

#include <set>

#include "setup/firewall_steps.h"
#include "setup/identity.h"
#include "setup/step_list.h"
#include "tests/setup/fake_accounts.h"
#include "tests/setup/fake_firewall.h"

namespace acledger::setup {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const security::Sid kUser = security::Sid::Make(5, {21, 7, 7, 7, 1001});

TEST(AllPortsBut, LeavesOutThesePortsAndNoOther) {
  EXPECT_THAT(AllPortsBut({}), ElementsAre(PortRange{1, 65535}));
  EXPECT_THAT(AllPortsBut({3128}), ElementsAre(PortRange{1, 3127}, PortRange{3129, 65535}));
  EXPECT_THAT(AllPortsBut({8080, 1, 8080, 65535, 8081, 0}), ElementsAre(PortRange{2, 8079}, PortRange{8082, 65534}));
  for (const std::vector<std::uint16_t>& ports :
       {std::vector<std::uint16_t>{5, 9, 7, 6, 40000}, {1, 2, 3, 65534, 65535}, {65535, 0, 1}}) {
    std::set<unsigned> blocked;
    for (const PortRange& range : AllPortsBut(ports))
      for (unsigned port = range.first; port <= range.last; ++port) EXPECT_TRUE(blocked.insert(port).second);
    for (unsigned port = 1; port <= 65535; ++port)
      EXPECT_NE(blocked.contains(port), std::ranges::count(ports, port) > 0) << port;
  }
}

// An account that is there, and rules for it.
class FirewallStepsTest : public testing::Test {
 protected:
  FirewallStepsTest() {
    account_.state.users[OfflineAccountName(kUser)] = {{security::Sid::Make(5, {21, 7, 7, 7, 2000}), "", true, false},
                                                       ""};
  }
  StepList Steps(const std::vector<std::uint16_t>& proxies = {3128}) {
    std::vector<std::unique_ptr<Step>> steps;
    steps.push_back(std::make_unique<AccountIsThere>());
    for (auto& step : FirewallSteps(account_, firewall_, kUser, proxies)) steps.push_back(std::move(step));
    return {std::move(steps), journal_};
  }
  bool Go(bool install, const std::vector<std::uint16_t>& proxies = {3128}) {
    try {
      StepList steps = Steps(proxies);
      const auto done = install ? steps.Install([this](const StepResult& result) { last_.push_back(result); })
                                : steps.Uninstall([](const StepResult&) {});
      return done && done->is_complete;
    } catch (const Killed&) {
      return false;
    }
  }
  struct AccountIsThere final : Step {
    std::string name = "account " + OfflineAccountName(kUser);
    const std::string& Name() const override { return name; }
    std::string Intent() const override { return ""; }
    Expected<Standing> Check() override { return Standing{true, {}}; }
    Expected<std::string> Before() override { return std::string(); }
    Expected<void> Apply(const std::string&) override { return {}; }
    Expected<void> Undo(const std::string&) override { return {}; }
    Expected<Standing> CheckUndone(const std::string&) override { return Standing{true, {}}; }
  };

  FakeMachine machine_;
  FakeAccounts account_{machine_};
  FakeFirewall firewall_{machine_};
  FakeJournal journal_{machine_};
  std::vector<StepResult> last_;
};

TEST_F(FirewallStepsTest, BlockTheAccountWideFirstAndThenNarrowed) {
  EXPECT_TRUE(Go(true));
  EXPECT_THAT(firewall_.rules, SizeIs(4));
  ASSERT_THAT(firewall_.put, SizeIs(5));
  EXPECT_THAT(firewall_.put[3].remote_ports, IsEmpty());
  EXPECT_THAT(firewall_.put[4].remote_ports, ElementsAre(PortRange{1, 3127}, PortRange{3129, 65535}));
  for (const auto& [name, rule] : firewall_.rules) EXPECT_EQ(rule.account.ToString(), "S-1-5-21-7-7-7-2000") << name;
  EXPECT_TRUE(Go(true));
  EXPECT_THAT(firewall_.put, SizeIs(5));  // Not written again.
  EXPECT_TRUE(Go(false));
  EXPECT_THAT(firewall_.rules, IsEmpty());
}

TEST_F(FirewallStepsTest, WithoutProxiesEveryPortIsBlocked) {
  EXPECT_TRUE(Go(true, {}));
  for (const auto& [name, rule] : firewall_.rules) EXPECT_THAT(rule.remote_ports, IsEmpty()) << name;
}

TEST_F(FirewallStepsTest, AreMadeAnewForOtherProxies) {
  EXPECT_TRUE(Go(true));
  EXPECT_TRUE(Go(true, {8080}));
  const auto& rule = firewall_.rules.at("acledger " + OfflineAccountName(kUser) + " loopback TCP");
  EXPECT_THAT(rule.remote_ports, ElementsAre(PortRange{1, 8079}, PortRange{8081, 65535}));
}

TEST_F(FirewallStepsTest, BlockMoreAndNotLessWhereTheNarrowRuleIsRefused) {
  firewall_.refuses_ports = true;
  EXPECT_FALSE(Go(true));
  EXPECT_THAT(firewall_.rules, SizeIs(4));
  EXPECT_EQ(last_.back().outcome, Outcome::kFailed);
}

TEST_F(FirewallStepsTest, AreNotWholeWhereAGroupPolicyOverridesThem) {
  firewall_.overridden = "group policy allows no rules of this machine";
  EXPECT_FALSE(Go(true));
  EXPECT_EQ(last_.back().outcome, Outcome::kNoEffect);
  EXPECT_THAT(last_.back().detail, HasSubstr("group policy"));
}

TEST_F(FirewallStepsTest, ReplaceWhatWasAlteredByHand) {
  EXPECT_TRUE(Go(true));
  const std::string name = "acledger " + OfflineAccountName(kUser) + " inbound";
  firewall_.altered = {name};
  EXPECT_FALSE(Steps().Status()->is_complete);
  EXPECT_TRUE(Go(true));
  EXPECT_TRUE(Steps().Status()->is_complete);
  firewall_.altered = {name};
  EXPECT_TRUE(Go(false));
  EXPECT_THAT(firewall_.rules, IsEmpty());
}

TEST_F(FirewallStepsTest, StayWhereTheAccountCouldNotBeDisabled) {
  EXPECT_TRUE(Go(true));
  LocalUser& account = account_.state.users.at(OfflineAccountName(kUser)).facts;
  account.comment = OwnershipMark(kUser);
  account.is_disabled = false;
  EXPECT_FALSE(Go(false));
  EXPECT_THAT(firewall_.rules, SizeIs(4));
  EXPECT_THAT(machine_.records, SizeIs(5));  // The account's too.
  account.is_disabled = true;
  EXPECT_TRUE(Go(false));
  EXPECT_THAT(firewall_.rules, IsEmpty());
}

TEST_F(FirewallStepsTest, EachCallMayGoWrongInEachWay) {
  machine_.Heal();
  ASSERT_TRUE(Go(true));
  const int calls = machine_.Calls();
  ASSERT_GT(calls, 30);
  for (const bool uninstall : {false, true})
    for (const Fault fault : {Fault::kError, Fault::kErrorAfter, Fault::kLie, Fault::kKilled, Fault::kKilledAfter})
      for (int at = 0; at < calls; ++at) {
        machine_.Heal();
        ASSERT_TRUE(Go(false)) << at;
        if (uninstall) {
          ASSERT_TRUE(Go(true)) << at;
        }
        machine_.FailAt(at, fault);
        const bool complete = Go(!uninstall);
        if (complete) {
          EXPECT_THAT(firewall_.rules, SizeIs(uninstall ? 0 : 4)) << at;
        }
        for (const auto& [name, rule] : firewall_.rules)
          EXPECT_TRUE(machine_.records.contains("firewall rule " + name)) << at;
        machine_.Heal();
        ASSERT_TRUE(Go(true)) << at;
        EXPECT_THAT(firewall_.rules, SizeIs(4));
      }
}

}  // namespace
}  // namespace acledger::setup
