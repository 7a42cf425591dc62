// SPDX-License-Identifier: MIT
#include "setup/installation.h"

#include <gmock/gmock.h>

#include "setup/identity.h"
#include "tests/setup/fake_system.h"

namespace acledger::setup {
namespace {

using testing::Each;
using testing::Field;
using testing::IsEmpty;
using testing::SizeIs;

class InstallationTest : public testing::Test {
 protected:
  const security::Sid& User() const { return system_.wishes.users[0]; }
  security::Sid GroupSid() const { return system_.accounts.state.groups.at(GroupName(User())).sid; }
  std::vector<std::string> RootsOf(const security::Sid& principal) const {
    std::vector<std::string> roots;
    for (const GrantedRoot& one : system_.provisioning.roots)
      if (one.principal == principal) roots.push_back(one.root);
    return roots;
  }
  FakeSystem system_;
};

TEST_F(InstallationTest, IsMadeWholeAndTakenBackWhole) {
  EXPECT_TRUE(system_.Install());
  EXPECT_THAT(RootsOf(GroupSid()), testing::ElementsAre("\\Users\\" + User().ToString(), "\\Program Files", "\\work"));
  EXPECT_TRUE(system_.IsServing());
  EXPECT_FALSE(system_.accounts.state.users.at(OfflineAccountName(User())).facts.is_disabled);
  EXPECT_TRUE(system_.Uninstall());
  EXPECT_TRUE(system_.IsAsItWas());
  EXPECT_THAT(system_.machine.records, IsEmpty());
}

TEST_F(InstallationTest, ASecondTimeChangesNothing) {
  ASSERT_TRUE(system_.Install());
  const auto state = system_.accounts.state.users;
  const auto keys = system_.registry.keys;
  const auto roots = system_.provisioning.roots.size();
  const int writes = system_.filters.writes;
  const auto puts = system_.firewall.put.size();
  EXPECT_TRUE(system_.Install());
  EXPECT_THAT(system_.last, Each(Field(&StepResult::outcome, Outcome::kWhole)));
  EXPECT_EQ(system_.accounts.state.users, state);
  EXPECT_EQ(system_.registry.keys, keys);
  EXPECT_EQ(system_.provisioning.roots.size(), roots);
  EXPECT_EQ(system_.filters.writes, writes);
  EXPECT_EQ(system_.firewall.put.size(), puts);
}

TEST_F(InstallationTest, EachUserHasASandboxOfHisOwn) {
  ASSERT_TRUE(system_.Install());
  const security::Sid second = security::Sid::Make(5, {21, 7, 7, 7, 1002});
  system_.wishes.users.push_back(second);
  EXPECT_TRUE(system_.Install());
  EXPECT_THAT(system_.accounts.state.groups, SizeIs(2));
  EXPECT_THAT(system_.accounts.state.users, SizeIs(4));
  EXPECT_THAT(RootsOf(system_.accounts.state.groups.at(GroupName(second)).sid), SizeIs(3));
  EXPECT_THAT(RootsOf(GroupSid()), SizeIs(3));
  EXPECT_TRUE(system_.Uninstall());
  EXPECT_TRUE(system_.IsAsItWas());
}

TEST_F(InstallationTest, RepairsWhatWasChanged) {
  ASSERT_TRUE(system_.Install());
  const std::string offline = OfflineAccountName(User());
  system_.accounts.state.users.at(offline).facts.is_disabled = true;
  system_.accounts.state.users.at(offline).password = "rotated";
  // With its rights: those of a SID that nobody has any more cannot be found again by the account's name.
  system_.accounts.state.rights.erase(system_.accounts.state.users.at(OnlineAccountName(User())).facts.sid.ToString());
  system_.accounts.state.users.erase(OnlineAccountName(User()));
  system_.firewall.rules.erase(system_.firewall.rules.begin());
  system_.filters.filters.clear();
  system_.folders.folders.begin()->second.descriptor = {};
  system_.services.services.at(kServiceName).is_running = false;
  system_.wishes.proxy_ports = {8080};
  if (!system_.Install()) {
    EXPECT_EQ(system_.last[0].outcome, Outcome::kFailed);  // A folder of which nobody knows the owner is not taken.
    system_.folders.folders.erase(system_.folders.folders.begin());
    EXPECT_TRUE(system_.Install());
  }
  EXPECT_FALSE(system_.accounts.state.users.at(offline).facts.is_disabled);
  EXPECT_EQ(system_.accounts.state.users.at(offline).password, system_.accounts.state.kept.at(offline));
  EXPECT_THAT(system_.accounts.state.users, SizeIs(2));
  EXPECT_TRUE(system_.IsServing());
  EXPECT_TRUE(system_.Uninstall());
  EXPECT_TRUE(system_.IsAsItWas());
}

TEST_F(InstallationTest, APasswordThatIsDamagedIsReplacedOrTakenAway) {
  ASSERT_TRUE(system_.Install());
  const std::string offline = OfflineAccountName(User());
  const std::string before = system_.accounts.state.kept.at(offline);
  system_.accounts.damaged = {offline};
  EXPECT_TRUE(system_.Install());
  EXPECT_NE(system_.accounts.state.kept.at(offline), before);
  EXPECT_EQ(system_.accounts.state.users.at(offline).password, system_.accounts.state.kept.at(offline));
  system_.accounts.damaged = {offline};
  EXPECT_TRUE(system_.Uninstall());
  EXPECT_TRUE(system_.IsAsItWas());
}

TEST_F(InstallationTest, NothingIsProvisionedWhereThatIsNotWanted) {
  system_.wishes.manual = true;
  EXPECT_TRUE(system_.Install());
  EXPECT_THAT(system_.provisioning.roots, IsEmpty());
  system_.provisioning.roots.emplace_back(GroupSid(), "C:\\somebody's");
  EXPECT_TRUE(system_.Uninstall());  // What others have granted is taken back with the ledger.
  EXPECT_TRUE(system_.IsAsItWas());
}

TEST_F(InstallationTest, ARootThatIsMissingKeepsNoOtherOut) {
  system_.provisioning.missing = "C:\\Program Files";
  EXPECT_FALSE(system_.Install());
  EXPECT_EQ(system_.OutcomeOf("provisioning of " + User().ToString()), Outcome::kFailed);
  EXPECT_THAT(RootsOf(GroupSid()), SizeIs(2));
  system_.provisioning.missing.clear();
  EXPECT_TRUE(system_.Install());
  EXPECT_THAT(RootsOf(GroupSid()), SizeIs(3));
}

TEST_F(InstallationTest, ARootBelowAnotherIsPartOfItsGrant) {
  ASSERT_TRUE(system_.Install());
  system_.wishes.workspaces = {"c:\\WORK\\deep\\", "C:\\work"};
  EXPECT_TRUE(system_.Install());
  EXPECT_THAT(RootsOf(GroupSid()), SizeIs(3));
  system_.wishes.workspaces = {"C:\\workshop"};
  EXPECT_TRUE(system_.Install());
  EXPECT_THAT(RootsOf(GroupSid()), SizeIs(4));
}

TEST_F(InstallationTest, ASyntheticPrincipalIsOfTheUserAndNotOfTheMachine) {
  system_.wishes.principal = PrincipalKind::kSynthetic;
  EXPECT_TRUE(system_.Install());
  const auto principal = SyntheticSid(system_.registry, User());
  ASSERT_TRUE(principal);
  EXPECT_FALSE(principal->SameDomain(User()));
  EXPECT_EQ(principal->SubAuthority(4), 1001u);
  EXPECT_THAT(RootsOf(*principal), SizeIs(3));
}

TEST_F(InstallationTest, WhatCannotBeRolledBackKeepsWhatItNeeds) {
  ASSERT_TRUE(system_.Install());
  system_.provisioning.is_stuck = true;
  EXPECT_FALSE(system_.Uninstall());
  EXPECT_EQ(system_.OutcomeOf("launches"), Outcome::kUndone);  // Nothing is started any more.
  for (const std::string& name : {"group " + GroupName(User()), "folder " + system_.places.state,
                                  std::string("service acledger"), std::string("program acledgerd.exe")})
    EXPECT_EQ(system_.OutcomeOf(name), Outcome::kRemains) << name;
  EXPECT_TRUE(system_.IsServing());
  EXPECT_THAT(system_.provisioning.roots, SizeIs(3));
  EXPECT_TRUE(system_.accounts.state.groups.contains(GroupName(User())));
  EXPECT_FALSE(system_.accounts.state.users.contains(OnlineAccountName(User())));
  system_.provisioning.is_stuck = false;
  EXPECT_TRUE(system_.Uninstall());
  EXPECT_TRUE(system_.IsAsItWas());
}

TEST_F(InstallationTest, WhatIsUndoneForOneUserIsNotTakenFromAnother) {
  ASSERT_TRUE(system_.Install());
  const security::Sid second = security::Sid::Make(5, {21, 7, 7, 7, 1002});
  system_.wishes.users.push_back(second);
  system_.provisioning.missing = "C:\\Users\\" + second.ToString();
  EXPECT_FALSE(system_.InstallOrUndo());
  EXPECT_EQ(system_.OutcomeOf("provisioning of " + second.ToString()), Outcome::kUndone);
  EXPECT_THAT(system_.accounts.state.groups, SizeIs(1));
  EXPECT_THAT(RootsOf(GroupSid()), SizeIs(3));
  EXPECT_THAT(system_.provisioning.roots, SizeIs(3));
}

TEST_F(InstallationTest, ALedgerWithAGrantIsNotRemoved) {
  ASSERT_TRUE(system_.Install());
  system_.provisioning.late = GrantedRoot{GroupSid(), "\\late"};
  EXPECT_FALSE(system_.Uninstall());
  EXPECT_TRUE(system_.folders.folders.contains(system_.places.state));
  system_.Install();
  EXPECT_TRUE(system_.Uninstall());
  EXPECT_TRUE(system_.IsAsItWas());
}

TEST_F(InstallationTest, AnAccountThatIsNoLongerClosedInIsDisabled) {
  ASSERT_TRUE(system_.Install());
  system_.firewall.overridden = "a group policy";
  EXPECT_FALSE(system_.Install());
  EXPECT_TRUE(system_.accounts.state.users.at(OfflineAccountName(User())).facts.is_disabled);
  EXPECT_FALSE(system_.registry.keys.at(kKey).contains("Ready"));
  EXPECT_FALSE(system_.accounts.state.users.at(OnlineAccountName(User())).facts.is_disabled);
  system_.firewall.overridden.clear();
  EXPECT_TRUE(system_.Install());
  EXPECT_FALSE(system_.accounts.state.users.at(OfflineAccountName(User())).facts.is_disabled);
}

TEST_F(InstallationTest, AWorkspaceOnAnotherDriveIsNotTakenForOneOfThisOne) {
  ASSERT_TRUE(system_.Install());
  system_.wishes.workspaces.emplace_back("D:\\work");
  system_.provisioning.missing = "D:\\work";  // The service has one volume.
  EXPECT_FALSE(system_.Install());
  EXPECT_EQ(system_.OutcomeOf("provisioning of " + User().ToString()), Outcome::kFailed);
}

TEST_F(InstallationTest, ProcessesOfTheSandboxAreEndedBeforeAnythingIsTakenBack) {
  ASSERT_TRUE(system_.Install());
  const security::Sid online = system_.accounts.state.users.at(OnlineAccountName(User())).facts.sid;
  system_.processes.running = {{10, online}, {11, online}, {12, User()}};
  system_.processes.children = 3;
  EXPECT_TRUE(system_.Uninstall());
  EXPECT_EQ(system_.last.front().name, "launches");
  EXPECT_THAT(system_.processes.running, testing::ElementsAre(testing::Pair(12u, User())));
}

TEST_F(InstallationTest, KeepsTheAccountsWhereThatIsWanted) {
  ASSERT_TRUE(system_.Install());
  const auto kept = system_.accounts.state.kept;
  EXPECT_TRUE(system_.Uninstall(IsOfAccounts));
  EXPECT_THAT(system_.accounts.state.users, SizeIs(2));
  for (const auto& [name, user] : system_.accounts.state.users) EXPECT_TRUE(user.facts.is_disabled) << name;
  EXPECT_EQ(system_.accounts.state.kept, kept);
  EXPECT_TRUE(system_.folders.folders.contains(system_.places.secrets));
  EXPECT_THAT(system_.services.services, IsEmpty());
  EXPECT_THAT(system_.provisioning.roots, IsEmpty());
  EXPECT_TRUE(system_.Install());
  EXPECT_EQ(system_.accounts.state.kept, kept);
  EXPECT_TRUE(system_.Uninstall());
  EXPECT_TRUE(system_.IsAsItWas());
}

TEST_F(InstallationTest, AnInstallersFilesAreNotTakenAway) {
  system_.places.source = system_.places.programs;
  for (const char* name : {"acledger.exe", "acledgerd.exe", "acledger-setup.exe"})
    system_.files.files[system_.places.programs + "\\" + name] = name;
  EXPECT_TRUE(system_.Install());
  EXPECT_TRUE(system_.Uninstall());
  EXPECT_THAT(system_.files.files, SizeIs(6));
}

TEST_F(InstallationTest, ANewVersionStopsTheServiceAndStartsIt) {
  ASSERT_TRUE(system_.Install());
  system_.files.files["D:\\portable\\acledgerd.exe"] = "newer";
  EXPECT_TRUE(system_.Install());
  EXPECT_EQ(system_.OutcomeOf("program acledgerd.exe"), Outcome::kDone);
  EXPECT_EQ(system_.OutcomeOf("running acledger"), Outcome::kDone);
  EXPECT_EQ(system_.files.files.at(system_.places.programs + "\\acledgerd.exe"), "newer");
  EXPECT_TRUE(system_.IsServing());
}

}  // namespace
}  // namespace acledger::setup
