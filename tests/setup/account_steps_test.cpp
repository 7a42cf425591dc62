// SPDX-License-Identifier: MIT
#include "setup/account_steps.h"

#include <gmock/gmock.h>

#include <random>

#include "setup/identity.h"
#include "setup/step_list.h"
#include "tests/setup/fake_accounts.h"

namespace acledger::setup {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::SizeIs;

const security::Sid kUser = security::Sid::Make(5, {21, 7, 7, 7, 1001});

struct Machine {
  FakeMachine faults;
  FakeAccounts accounts{faults};
  FakeJournal journal{faults};
  std::mt19937 random{7};

  StepList Steps() {
    const AccountSystem system{
        accounts, accounts,
        [this](const std::string& account, const Secret& password) { return accounts.Fits(account, password); },
        [this](std::span<std::uint8_t> to) -> Expected<void> {
          for (std::uint8_t& byte : to) byte = static_cast<std::uint8_t>(random());
          return {};
        }};
    std::vector<std::unique_ptr<Step>> steps = AccountSteps(system, kUser);
    for (auto& step : EnableSteps(system, kUser, {})) steps.push_back(std::move(step));
    return {std::move(steps), journal};
  }
  // One process.
  bool Install(Report* report = nullptr) {
    try {
      const auto done = Steps().Install([](const StepResult&) {});
      if (report != nullptr && done) *report = *done;
      return done && done->is_complete;
    } catch (const Killed&) {
      return false;
    }
  }
  bool Uninstall() {
    try {
      const auto done = Steps().Uninstall([](const StepResult&) {});
      return done && done->is_complete;
    } catch (const Killed&) {
      return false;
    }
  }
  void ExpectWhole() {
    for (const std::string& name : {OfflineAccountName(kUser), OnlineAccountName(kUser)}) {
      ASSERT_TRUE(accounts.state.users.contains(name));
      const auto& user = accounts.state.users.at(name);
      EXPECT_FALSE(user.facts.is_disabled);
      EXPECT_EQ(user.password, accounts.state.kept.at(name));
      EXPECT_GE(user.password.size(), 24u);
      EXPECT_TRUE(accounts.state.hidden.contains(name));
      EXPECT_TRUE(accounts.state.members.at(GroupName(kUser)).contains(user.facts.sid.ToString()));
      EXPECT_THAT(accounts.state.rights.at(user.facts.sid.ToString()),
                  IsSupersetOf({"SeDenyNetworkLogonRight", "SeDenyBatchLogonRight", "SeDenyServiceLogonRight"}));
    }
  }
  void ExpectNothing() {
    EXPECT_THAT(accounts.state.groups, IsEmpty());
    EXPECT_THAT(accounts.state.users, IsEmpty());
    EXPECT_THAT(accounts.state.rights, IsEmpty());
    EXPECT_THAT(accounts.state.hidden, IsEmpty());
    EXPECT_THAT(accounts.state.kept, IsEmpty());
    EXPECT_THAT(faults.records, IsEmpty());
  }
  // Whoever can log on as an account that is enabled has all that it is to lack denied, and a kept password.
  void ExpectNoneEnabledTooEarly() {
    for (const auto& [name, user] : accounts.state.users) {
      if (user.facts.is_disabled) continue;
      EXPECT_THAT(accounts.state.rights[user.facts.sid.ToString()], SizeIs(4)) << name;
      EXPECT_TRUE(accounts.state.kept.contains(name)) << name;
      EXPECT_TRUE(faults.records.contains("enable " + name)) << name;
    }
  }
};

TEST(AccountStepsTest, MakesTheGroupAndBothAccountsAndTakesThemBack) {
  Machine machine;
  EXPECT_TRUE(machine.Install());
  machine.ExpectWhole();
  Report again;
  EXPECT_TRUE(machine.Install(&again));
  for (const StepResult& step : again.steps) EXPECT_EQ(step.outcome, Outcome::kWhole) << step.name;
  EXPECT_TRUE(machine.Uninstall());
  machine.ExpectNothing();
}

TEST(AccountStepsTest, EachCallMayGoWrongInEachWay) {
  int calls = 0;
  {
    Machine machine;
    machine.faults.Heal();
    ASSERT_TRUE(machine.Install());
    calls = machine.faults.Calls();
  }
  ASSERT_GT(calls, 60);
  for (const bool uninstall : {false, true})
    for (const Fault fault : {Fault::kError, Fault::kErrorAfter, Fault::kLie, Fault::kKilled, Fault::kKilledAfter})
      for (int at = 0; at < calls; ++at) {
        SCOPED_TRACE(testing::Message() << "uninstall " << uninstall << " fault " << int(fault) << " at " << at);
        Machine machine;
        if (uninstall) {
          ASSERT_TRUE(machine.Install());
        }
        machine.faults.FailAt(at, fault);
        const bool complete = uninstall ? machine.Uninstall() : machine.Install();
        machine.ExpectNoneEnabledTooEarly();
        if (complete) uninstall ? machine.ExpectNothing() : machine.ExpectWhole();
        machine.faults.Heal();
        if (at % 2 == 0) {
          EXPECT_TRUE(machine.Install());
          machine.ExpectWhole();
        }
        EXPECT_TRUE(machine.Uninstall());
        machine.ExpectNothing();
        if (testing::Test::HasFailure()) return;
      }
}

TEST(AccountStepsTest, TouchesNoAccountThatAnotherMade) {
  Machine machine;
  const std::string name = OfflineAccountName(kUser);
  machine.accounts.state.users[name] = {{kUser, "somebody's", false, true}, "theirs"};
  Report report;
  EXPECT_FALSE(machine.Install(&report));
  EXPECT_EQ(report.steps[1].outcome, Outcome::kFailed);
  EXPECT_THAT(report.steps[1].error->ToString(), HasSubstr("acledger did not make"));
  EXPECT_EQ(report.steps[2].outcome, Outcome::kNotTried);
  EXPECT_TRUE(machine.Uninstall());
  EXPECT_THAT(machine.accounts.state.users, SizeIs(1));
  EXPECT_EQ(machine.accounts.state.users.at(name).password, "theirs");
  EXPECT_FALSE(machine.accounts.state.users.at(name).facts.is_disabled);
}

TEST(AccountStepsTest, RepairsWhatWasChangedAndOnlyThat) {
  Machine machine;
  ASSERT_TRUE(machine.Install());
  const std::string name = OnlineAccountName(kUser);
  auto& user = machine.accounts.state.users.at(name);
  const std::string off = machine.accounts.state.users.at(OfflineAccountName(kUser)).password;
  user.facts.is_disabled = user.facts.password_expires = true;
  user.password = "changed by hand";
  machine.accounts.state.rights.clear();
  machine.accounts.state.members.clear();
  EXPECT_TRUE(machine.Install());
  machine.ExpectWhole();
  EXPECT_FALSE(user.facts.password_expires);
  EXPECT_EQ(machine.accounts.state.users.at(OfflineAccountName(kUser)).password, off);
}

TEST(AccountStepsTest, GivesALongerPasswordWhereThePolicyWantsOne) {
  Machine machine;
  machine.accounts.least_password = 60;
  EXPECT_TRUE(machine.Install());
  EXPECT_EQ(machine.accounts.state.kept.at(OnlineAccountName(kUser)).size(), 64u);
  Machine other;
  other.accounts.least_password = 200;
  Report report;
  EXPECT_FALSE(other.Install(&report));
  EXPECT_EQ(report.steps[1].error->code, kTooSimple);
}

// Whatever is told of an installation, the passwords are not in it.
TEST(AccountStepsTest, TellsNoPassword) {
  Machine machine;
  machine.faults.FailAt(40, Fault::kErrorAfter);
  Report report;
  machine.Install(&report);
  machine.faults.Heal();
  machine.Install();
  std::string told;
  for (const StepResult& step : report.steps)
    told += step.name + step.detail + (step.error ? step.error->ToString() : "");
  for (const auto& [name, record] : machine.faults.records) told += record.before + record.trouble;
  for (const auto& [name, password] : machine.accounts.state.kept) EXPECT_EQ(told.find(password), told.npos) << name;
}

}  // namespace
}  // namespace acledger::setup
