// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include "setup/filter_steps.h"
#include "setup/firewall_steps.h"
#include "setup/identity.h"
#include "setup/step_list.h"
#include "setup/win32/win32_filters.h"
#include "setup/win32/win32_firewall.h"
#include "tests/setup/fake_accounts.h"
#include "tests/setup/win32/this_system.h"

// The real firewall and the real filters of the machine that the test runs on, for an account that is not there.
// Windows, elevated: all is made, read back and taken back; the firewall must be on for all profiles.
// Wine 8.0: it has neither, and each step must tell so. What its functions were found to do:
// * INetFwPolicy2: get_LocalPolicyModifyState, get_FirewallEnabled: E_NOTIMPL. get_Rules: an empty list; its
//   get__NewEnum: E_NOTIMPL; Remove: success, for rules that are not there too.
// * NetFwRule: no INetFwRule3 (E_NOINTERFACE).
// * fwpuclnt.dll: FwpmEngineOpen0 and FwpmFilterAdd0: success without effect. Most others, the transaction among them,
//   end the process, so that none is called.
namespace acledger::setup {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::uint32_t kRid = 990001;

class NetworkOfThisSystem : public testing::Test {
 protected:
  void SetUp() override {
    if (!IsElevated()) GTEST_SKIP() << "needs an elevated administrator";
    accounts_.state.users[OfflineAccountName(user_)] = {{NobodyHere(kRid + 1), OwnershipMark(user_), true, false}, ""};
  }
  std::vector<std::unique_ptr<Step>> Closing() {
    auto steps = FirewallSteps(accounts_, firewall_, user_, {3128});
    steps.push_back(FilterHomeStep(filters_, "acledgerd"));
    steps.push_back(FilterStep(accounts_, filters_, user_));
    return steps;
  }
  struct AccountIsThere final : Step {
    explicit AccountIsThere(const security::Sid& user) : name("account " + OfflineAccountName(user)) {}
    const std::string name;
    const std::string& Name() const override { return name; }
    std::string Intent() const override { return ""; }
    Expected<Standing> Check() override { return Standing{true, {}}; }
    Expected<std::string> Before() override { return std::string(); }
    Expected<void> Apply(const std::string&) override { return {}; }
    Expected<void> Undo(const std::string&) override { return {}; }
    Expected<Standing> CheckUndone(const std::string&) override { return Standing{true, {}}; }
  };
  // "name: outcome", in the order of the steps.
  std::vector<std::string> Go(bool install) {
    std::vector<std::unique_ptr<Step>> steps;
    steps.push_back(std::make_unique<AccountIsThere>(user_));
    for (auto& step : Closing()) steps.push_back(std::move(step));
    StepList list(std::move(steps), journal_);
    std::vector<std::string> outcomes;
    const auto tell = [&](const StepResult& step) {
      outcomes.push_back(step.name + ": " + Name(step.outcome));
      if (step.error) errors_.push_back(*step.error);
    };
    EXPECT_TRUE(install ? list.Install(tell) : list.Uninstall(tell));
    return outcomes;
  }

  FakeMachine machine_;
  FakeAccounts accounts_{machine_};
  FakeJournal journal_{machine_};
  Win32KeptRules rules_;
  KeptFirewall firewall_{rules_};
  Win32Filters filters_;
  security::Sid user_ = NobodyHere(kRid);
  std::vector<Error> errors_;
};

TEST_F(NetworkOfThisSystem, IsClosedAndOpenedStepByStep) {
  const std::vector<std::string> made = Go(true);
  if (IsWine()) {
    EXPECT_THAT(made, ElementsAre("account AcledgerOff-990001: whole",
                                  "firewall rule acledger AcledgerOff-990001 outbound: failed",
                                  "firewall rule acledger AcledgerOff-990001 inbound: failed",
                                  "firewall rule acledger AcledgerOff-990001 loopback UDP: failed",
                                  "firewall rule acledger AcledgerOff-990001 loopback TCP: failed",
                                  "network filters' home: failed", "network filters of AcledgerOff-990001: not tried"));
    for (const Error& error : errors_) EXPECT_EQ(error.kind, ErrorKind::kUnsupported) << error.ToString();
    return;
  }
  for (std::size_t i = 1; i < made.size(); ++i) EXPECT_THAT(made[i], testing::EndsWith(": done"));
  for (const std::string& step : Go(true)) EXPECT_THAT(step, testing::EndsWith(": whole"));
  for (const std::string& step : Go(false)) EXPECT_THAT(step, testing::EndsWith(": undone"));
  EXPECT_THAT(errors_, IsEmpty());
}

// Each step alone, whatever it needs: success is told only where it is proved.
TEST_F(NetworkOfThisSystem, NoStepTellsOfSuccessWithoutEffect) {
  if (!IsWine()) GTEST_SKIP() << "there the steps have effects";
  for (const auto& step : Closing()) {
    EXPECT_FALSE(step->Apply("")) << step->Name();
    EXPECT_FALSE(step->Check()) << step->Name();
    EXPECT_FALSE(step->Undo("")) << step->Name();
    EXPECT_FALSE(step->CheckUndone("")) << step->Name();
  }
  const FirewallRule rule = OfflineRules("AcledgerOff-990001", NobodyHere(kRid), {}).front();
  EXPECT_TRUE(rules_.Remove(rule.name));      // Wine's success without effect,
  EXPECT_FALSE(firewall_.Remove(rule.name));  // which is not believed.
}

}  // namespace
}  // namespace acledger::setup
