// SPDX-License-Identifier: MIT
#include "setup/win32/win32_accounts.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <memory>

#include "security/win32/convert.h"
#include "security/win32/machine_sid.h"
#include "setup/account_steps.h"
#include "setup/identity.h"
#include "setup/password_check.h"
#include "setup/step_list.h"
#include "setup/win32/random.h"
#include "setup/win32/registry.h"
#include "setup/win32/wide.h"
#include "setup/win32/win32_secret_store.h"
#include "tests/setup/fake_machine.h"
#include "tests/setup/win32/this_system.h"

// The real accounts of the machine that the test runs on. Windows, elevated: all of it is made, used and taken back.
// Wine 8.0: what it does not keep must be told, step by step. What each of its functions was found to do:
// * NetLocalGroupAdd, NetLocalGroupAddMembers: success; afterwards there is no name and no member.
// * NetUserAdd: success; only this process knows the account, and no name stands for it.
// * NetUserGetInfo (level 4): 2221, or 2140 for an account that it knows.
// * NetUserSetInfo, DeleteProfile: not there, to call them ends the process. So the account is asked for first, and the
//   system's list of profiles.
// * LookupAccountName (MACHINE\name): 1332 for all but the caller's account.
// * LsaAddAccountRights, LsaRemoveAccountRights: success; LsaEnumerateAccountRights knows no account.
// * LogonUser: success for any password; the token is none.
// * The registry and random numbers work.
namespace acledger::setup {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uint32_t kRid = 990001;
const char* const kNames[] = {"AcledgerOff-990001", "AcledgerOn-990001"};
const std::string kGroup = "AcledgerSandboxUsers-990001";
constexpr wchar_t kLogonScreen[] =
    L"SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Winlogon\\SpecialAccounts\\UserList";

class AccountsOfThisSystem : public testing::Test {
 protected:
  void SetUp() override {
    if (!IsElevated()) GTEST_SKIP() << "needs an elevated administrator";
    folder_ = std::make_unique<ClosedFolder>(ClosedFolder::ForSystem());
    secrets_ = MakeSystemSecretStore(folder_->Path());
  }
  AccountSystem System() { return {accounts_, *secrets_, CheckByLogon(LogOnOnce), FillWithSystemRandom}; }
  std::vector<std::unique_ptr<Step>> AllSteps() {
    auto steps = AccountSteps(System(), user_);
    for (auto& step : EnableSteps(System(), user_, {})) steps.push_back(std::move(step));
    return steps;
  }
  StepList Steps() { return {AllSteps(), journal_}; }
  // "name: outcome", in the order of the steps.
  static std::vector<std::string> Outcomes(const Expected<Report>& report) {
    std::vector<std::string> outcomes;
    for (const StepResult& step : report.value().steps) outcomes.push_back(step.name + ": " + Name(step.outcome));
    return outcomes;
  }
  static bool HasLogonScreenList() { return OpenMachineKey(kLogonScreen, KEY_QUERY_VALUE).value().has_value(); }

  FakeMachine machine_;
  FakeJournal journal_{machine_};
  std::unique_ptr<ClosedFolder> folder_;
  Win32Accounts accounts_;
  std::unique_ptr<SecretStore> secrets_;
  security::Sid user_ = NobodyHere(kRid);
};

// "done", or the kind of the error.
template <class T>
std::string Told(const Expected<T>& result) {
  return result ? "done" : Name(result.error().kind);
}

void ExpectUsable(Win32Accounts& accounts, SecretStore& secrets, const std::string& name) {
  const auto user = accounts.FindUser(name);
  ASSERT_TRUE(user && *user) << name;
  EXPECT_FALSE((*user)->is_disabled);
  EXPECT_FALSE((*user)->password_expires);
  EXPECT_TRUE(accounts.IsHidden(name).value());
  EXPECT_TRUE(accounts.IsMember(kGroup, (*user)->sid).value());
  const auto rights = accounts.RightsOf((*user)->sid).value();
  for (const char* right : {"SeDenyNetworkLogonRight", "SeDenyBatchLogonRight", "SeDenyServiceLogonRight"})
    EXPECT_NE(std::ranges::find(rights, right), rights.end()) << right;
  const auto kept = secrets.Find(name);
  ASSERT_TRUE(kept && *kept);
  EXPECT_TRUE(CheckByLogon(LogOnOnce)(name, **kept).value());
  EXPECT_FALSE(CheckByLogon(LogOnOnce)(name, Secret("Another one: 1")).value());
}

TEST_F(AccountsOfThisSystem, EachStepIsDoneAndTakenBackOrToldByName) {
  const bool had_list = HasLogonScreenList();
  const auto installed = Steps().Install([](const StepResult&) {});
  ASSERT_TRUE(installed);
  if (IsWine()) {
    EXPECT_THAT(Outcomes(installed),
                ElementsAre("group " + kGroup + ": no effect", "account AcledgerOff-990001: not tried",
                            "password of AcledgerOff-990001: not tried", "account AcledgerOn-990001: not tried",
                            "password of AcledgerOn-990001: not tried", "enable AcledgerOff-990001: not tried",
                            "enable AcledgerOn-990001: not tried"));
  } else {
    EXPECT_TRUE(installed->is_complete);
    for (const char* name : kNames) ExpectUsable(accounts_, *secrets_, name);
    for (const std::string& outcome : Outcomes(Steps().Install([](const StepResult&) {})))
      EXPECT_THAT(outcome, HasSubstr(": whole"));
  }
  const auto uninstalled = Steps().Uninstall([](const StepResult&) {});
  ASSERT_TRUE(uninstalled);
  EXPECT_TRUE(uninstalled->is_complete);
  EXPECT_THAT(machine_.records, IsEmpty());
  EXPECT_THAT(folder_->Names(), IsEmpty());
  EXPECT_EQ(HasLogonScreenList(), had_list);
}

// Each step by itself, also where what it needs is not there.
TEST_F(AccountsOfThisSystem, NoStepTakesTheSystemsWordForItsEffect) {
  const auto steps = AllSteps();
  for (const auto& step : steps) {
    const auto applied = step->Apply("");
    const auto now = step->Check();
    ASSERT_TRUE(now) << step->Name() << ": " << now.error().ToString();
    EXPECT_EQ(now->is_whole, !IsWine()) << step->Name();
    if (!IsWine()) continue;
    // The group's call says that it is done; the others ask in between, and say so.
    const bool is_group = step->Name().starts_with("group"), is_account = step->Name().starts_with("account");
    EXPECT_EQ(Told(applied), is_group ? "done" : is_account ? "no effect" : "not found") << step->Name();
  }
  for (std::size_t i = steps.size(); i-- > 0;) {
    const auto undone = steps[i]->Undo("");
    EXPECT_TRUE(undone) << steps[i]->Name() << ": " << undone.error().ToString();
    const auto now = steps[i]->CheckUndone("");
    ASSERT_TRUE(now) << steps[i]->Name() << ": " << now.error().ToString();
    EXPECT_TRUE(now->is_whole) << steps[i]->Name() << ": " << now->what;
  }
  EXPECT_THAT(folder_->Names(), IsEmpty());
}

// Wine's account functions know it in this process. That alone makes no account, and nothing on it is tried.
TEST_F(AccountsOfThisSystem, AnAccountIsThereOnlyIfItsNameStandsForASid) {
  const char* name = kNames[0];
  const auto made = accounts_.MakeUser(name, "of a test", Secret("Only for a moment: 12"));
  const auto found = accounts_.FindUser(name);
  ASSERT_TRUE(found);
  EXPECT_EQ(Told(made), IsWine() ? "no effect" : "done");
  EXPECT_EQ(found->has_value(), !IsWine());
  if (IsWine()) {
    for (const auto& done : {accounts_.SetPassword(name, Secret("Another: 1")), accounts_.SetNeverExpires(name),
                             accounts_.SetDisabled(name, false), accounts_.RemoveUser(name)})
      EXPECT_EQ(Told(done), "not found");
    return;
  }
  EXPECT_EQ((*found)->comment, "of a test");
  EXPECT_TRUE((*found)->is_disabled);
  EXPECT_FALSE((*found)->password_expires);
  EXPECT_EQ(Told(accounts_.MakeUser(name, "", Secret("Another: 1"))), "mismatch");
  EXPECT_TRUE(CheckByLogon(LogOnOnce)(name, Secret("Only for a moment: 12")).value());
  EXPECT_FALSE(CheckByLogon(LogOnOnce)(name, Secret("Never: 12")).value());
  EXPECT_TRUE(accounts_.RemoveUser(name));
  EXPECT_FALSE(accounts_.FindUser(name).value());
}

TEST_F(AccountsOfThisSystem, WhatIsNotThereIsToldAsSuch) {
  EXPECT_FALSE(accounts_.FindGroup("AcledgerNobody").value());
  EXPECT_FALSE(accounts_.FindUser("AcledgerNobody").value());
  EXPECT_FALSE(accounts_.IsMember("AcledgerNobody", user_).value());
  EXPECT_EQ(Told(accounts_.RemoveUser("AcledgerNobody")), "not found");
  EXPECT_EQ(Told(accounts_.SetPassword("AcledgerNobody", Secret("x"))), "not found");
  EXPECT_EQ(Told(LogOnOnce("AcledgerNobody", Secret("x"))), "not found");
  EXPECT_FALSE(CheckByLogon(LogOnOnce)("AcledgerNobody", Secret("x")).value());
  EXPECT_EQ(accounts_.PolicyCode(), 2245u);
}

TEST_F(AccountsOfThisSystem, HidesAnAccountFromTheLogonScreenAndLeavesNoKeyBehind) {
  const bool had_list = HasLogonScreenList();
  EXPECT_FALSE(accounts_.IsHidden(kNames[0]).value());
  ASSERT_TRUE(accounts_.SetHidden(kNames[0], true));
  ASSERT_TRUE(accounts_.SetHidden(kNames[1], true));
  EXPECT_TRUE(accounts_.IsHidden(kNames[0]).value());
  EXPECT_TRUE(accounts_.SetHidden(kNames[0], false));
  EXPECT_FALSE(accounts_.IsHidden(kNames[0]).value());
  EXPECT_TRUE(accounts_.IsHidden(kNames[1]).value());
  EXPECT_TRUE(accounts_.SetHidden(kNames[1], false));
  EXPECT_FALSE(accounts_.IsHidden(kNames[1]).value());
  EXPECT_EQ(HasLogonScreenList(), had_list);
  EXPECT_TRUE(accounts_.SetHidden(kNames[1], false));
}

TEST_F(AccountsOfThisSystem, GivesAndTakesRightsOrShowsThatItDidNot) {
  const std::vector<std::string> wanted = {"SeDenyBatchLogonRight", "SeDenyNetworkLogonRight"};
  EXPECT_THAT(accounts_.RightsOf(user_).value(), IsEmpty());
  EXPECT_TRUE(accounts_.GiveRights(user_, wanted));
  auto rights = accounts_.RightsOf(user_).value();
  std::ranges::sort(rights);
  EXPECT_EQ(rights, IsWine() ? std::vector<std::string>() : wanted);
  EXPECT_TRUE(accounts_.TakeRights(user_, wanted));
  EXPECT_THAT(accounts_.RightsOf(user_).value(), IsEmpty());
}

// An account that was there before us: on Windows the built-in administrator, whatever it is called; the caller's under
// Wine, which knows its name and tells nothing else of it.
TEST_F(AccountsOfThisSystem, ReadsAnAccountThatTheSystemHas) {
  wchar_t name[256] = L"", domain[256] = L"";
  DWORD size = 256, domain_size = 256;
  SID_NAME_USE use = SidTypeUnknown;
  if (IsWine()) {
    ASSERT_TRUE(GetUserNameW(name, &size));
  } else {
    ASSERT_TRUE(LookupAccountSidW(nullptr, win32::AsPsid(NobodyHere(500)), name, &size, domain, &domain_size, &use));
  }
  const auto user = accounts_.FindUser(FromWide(name));
  if (IsWine()) {
    ASSERT_FALSE(user);
    EXPECT_EQ(user.error().code, 2140u);
    // It lets anybody in, with a token that is none.
    EXPECT_FALSE(LogOnOnce(FromWide(name), Secret("whatever")));
    return;
  }
  ASSERT_TRUE(user && *user);
  EXPECT_EQ((*user)->sid, NobodyHere(500));
  EXPECT_FALSE(accounts_.FindGroup(FromWide(name)).value());
}

}  // namespace
}  // namespace acledger::setup
