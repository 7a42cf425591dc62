// SPDX-License-Identifier: MIT
// What is left out stays closed: when it is there, when it is created later, and after inheritance is propagated again.
#include "tests/scanner/engine_fixture.h"

namespace acledger::scanner {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class EngineExclusionsTest : public EngineTest {
 protected:
  bool HoldsOurs(std::u16string_view path) const { return DaclOf(path).find(";we)") != std::string::npos; }
};

class ProfileTest : public EngineExclusionsTest {
 protected:
  ProfileTest() {
    volume_.File(u"Users/dev/notes.txt");
    volume_.File(u"Users/dev/.ssh/id_rsa");
    volume_.File(u"Users/dev/src/main.c");
    volume_.File(u"Users/dev/AppData/Local/Programs/tool.exe");
    volume_.File(u"Users/dev/AppData/Local/Secret/token");
  }
};

TEST_F(ProfileTest, AProfileIsGrantedEntryByEntry) {
  Provision("\\Users\\dev");
  EXPECT_FALSE(HoldsOurs(u"Users/dev"));
  EXPECT_EQ(NodeOf("\\Users\\dev").reason, store::Reason::kExpanded);
  EXPECT_THAT(DaclOf(u"Users/dev/notes.txt"), HasSubstr("(A;;RX;;;we)"));
  EXPECT_THAT(DaclOf(u"Users/dev/src"), HasSubstr("(A;OICI;RX;;;we)"));
  EXPECT_THAT(DaclOf(u"Users/dev/src/main.c"), HasSubstr("(A;ID;RX;;;we)"));
  ExpectTrueRollUps();
}

TEST_F(ProfileTest, ASensitiveNameStaysClosedWithAllBelow) {
  Provision("\\Users\\dev");
  EXPECT_FALSE(HoldsOurs(u"Users/dev/.ssh"));
  EXPECT_FALSE(HoldsOurs(u"Users/dev/.ssh/id_rsa"));
  EXPECT_EQ(NodeOf("\\Users\\dev\\.ssh").reason, store::Reason::kSensitive);
}

TEST_F(ProfileTest, AKeyThatTheSshConfigurationNamesStaysClosed) {
  volume_.File(u"Users/dev/keys/work_key");
  volume_.File(u"Users/dev/.ssh/config");
  volume_.SetContent(u"Users/dev/.ssh/config", "Host work\n  IdentityFile ~/keys/work_key\n");
  Provision("\\Users\\dev");
  EXPECT_FALSE(HoldsOurs(u"Users/dev/keys/work_key"));
  EXPECT_EQ(NodeOf("\\Users\\dev\\keys\\work_key").reason, store::Reason::kSensitive);
  EXPECT_EQ(Verify().differences, 0u);
}

TEST_F(ProfileTest, AnSshConfigurationThatCannotBeReadIsTold) {
  volume_.File(u"Users/dev/.ssh/config");
  volume_.Inject({.call = fakes::Call::kReadContent, .effect = fakes::Effect::kFail});
  Provision("\\Users\\dev");
  EXPECT_THAT(notes_, ElementsAre(HasSubstr("\\Users\\dev\\.ssh\\config cannot be read")));
}

TEST_F(ProfileTest, OnesOwnListOfSensitiveNamesIsKeptWithTheGrant) {
  volume_.File(u"Users/dev/vault/coins");
  request_.rules.sensitive_names = {"vault"};
  Provision("\\Users\\dev");
  EXPECT_FALSE(HoldsOurs(u"Users/dev/vault/coins"));
  EXPECT_EQ(Verify().differences, 0u);
  EXPECT_EQ(NodeOf("\\Users\\dev\\vault").reason, store::Reason::kSensitive);
}

TEST_F(ProfileTest, AFileThatMovedIntoAnExclusionLosesItsEntry) {
  volume_.File(u"Users/dev/src/key");
  Provision("\\Users\\dev");
  ASSERT_TRUE(HoldsOurs(u"Users/dev/src/key"));
  volume_.Move(u"Users/dev/src/key", u"Users/dev/.ssh/key");
  EXPECT_EQ(Provision("\\Users\\dev").stripped, 1u);
  EXPECT_FALSE(HoldsOurs(u"Users/dev/.ssh/key"));
  EXPECT_EQ(Provision("\\Users\\dev").changes, 0u);
}

TEST_F(ProfileTest, AFolderThatMovedOutOfTheGrantLosesItsEntries) {
  Provision("\\Users\\dev");
  volume_.Move(u"Users/dev/src", u"src");
  EXPECT_EQ(Provision("\\Users\\dev").stripped, 2u);
  EXPECT_FALSE(HoldsOurs(u"src") || HoldsOurs(u"src/main.c"));
  EXPECT_TRUE(Rollback().complete);
}

TEST_F(ProfileTest, AnExclusionThatCouldNotBeLookedAtWhollyIsLookedAtAgain) {
  Provision("\\Users\\dev");
  volume_.File(u"Users/dev/src/.ssh/inner/key");
  ASSERT_TRUE(HoldsOurs(u"Users/dev/src/.ssh/inner/key"));
  volume_.Inject({.call = fakes::Call::kList, .path = u"Users/dev/src/.ssh/inner", .times = fakes::Fault::kAlways});
  Provision("\\Users\\dev");
  volume_.ClearFaults();
  EXPECT_TRUE(HoldsOurs(u"Users/dev/src/.ssh/inner/key"));
  Provision("\\Users\\dev");
  EXPECT_FALSE(HoldsOurs(u"Users/dev/src/.ssh/inner/key"));
  EXPECT_FALSE(HoldsOurs(u"Users/dev/src/.ssh"));
}

TEST_F(ProfileTest, WhatLiesBehindAFolderThatCannotBeListedKeepsItsEntry) {
  Provision("\\Users\\dev");
  volume_.File(u"Users/dev/new.txt");
  volume_.Inject({.call = fakes::Call::kList, .path = u"Users/dev/src"});
  EXPECT_EQ(Provision("\\Users\\dev").stripped, 0u);
  EXPECT_TRUE(HoldsOurs(u"Users/dev/src/main.c"));
}

TEST_F(ProfileTest, AppDataIsGrantedByItsAllowList) {
  Provision("\\Users\\dev");
  EXPECT_FALSE(HoldsOurs(u"Users/dev/AppData"));
  EXPECT_FALSE(HoldsOurs(u"Users/dev/AppData/Local"));
  EXPECT_TRUE(HoldsOurs(u"Users/dev/AppData/Local/Programs/tool.exe"));
  EXPECT_FALSE(HoldsOurs(u"Users/dev/AppData/Local/Secret"));
  EXPECT_EQ(NodeOf("\\Users\\dev\\AppData\\Local\\Secret").reason, store::Reason::kNotAllowed);
}

TEST_F(ProfileTest, ASensitiveNameThatIsCreatedLaterInheritsNothing) {
  Provision("\\Users\\dev");
  volume_.File(u"Users/dev/.aws/credentials");
  volume_.File(u"Users/dev/AppData/Local/Vault/new");
  EXPECT_FALSE(HoldsOurs(u"Users/dev/.aws"));
  EXPECT_FALSE(HoldsOurs(u"Users/dev/.aws/credentials"));
  EXPECT_FALSE(HoldsOurs(u"Users/dev/AppData/Local/Vault/new"));
}

TEST_F(ProfileTest, PropagatingAgainFromTheTopOpensNothingThatIsLeftOut) {
  Provision("\\Users\\dev");
  const auto provisioned = volume_.SecurityIds();
  volume_.Repropagate(u"");
  EXPECT_EQ(volume_.SecurityIds(), provisioned);
  volume_.File(u"Users/dev/.kube/config");
  volume_.Repropagate(u"Users");
  for (const char16_t* path : {u"Users/dev/.ssh/id_rsa", u"Users/dev/.kube/config", u"Users/dev/AppData/Local/Secret"})
    EXPECT_FALSE(HoldsOurs(path));
}

TEST_F(ProfileTest, ARerunOnAProfileIsSilent) {
  Provision("\\Users\\dev");
  const auto writes = volume_.Counters().descriptor_writes.load();
  const auto opens = volume_.Counters().opens_for_write.load();
  EXPECT_EQ(Provision("\\Users\\dev").changes, 0u);
  EXPECT_EQ(volume_.Counters().descriptor_writes, writes);
  EXPECT_EQ(volume_.Counters().opens_for_write, opens);
  EXPECT_EQ(NodeOf("\\Users\\dev").reason, store::Reason::kExpanded);
  ExpectTrueRollUps();
}

class GlobTest : public EngineExclusionsTest {
 protected:
  GlobTest() {
    volume_.File(u"work/src/a.c");
    volume_.File(u"work/src/deep/secrets/key");
    volume_.File(u"work/doc/b.txt");
    request_.rules.excludes = {"src/**/secrets"};
  }
};

TEST_F(GlobTest, AFolderAboveALeftOutNameCarriesAnEntryForItselfAlone) {
  Provision("\\work");
  EXPECT_THAT(DaclOf(u"work"), HasSubstr("(A;;RX;;;we)"));
  EXPECT_THAT(DaclOf(u"work/src"), HasSubstr("(A;;RX;;;we)"));
  EXPECT_THAT(DaclOf(u"work/src/deep"), HasSubstr("(A;;RX;;;we)"));
  EXPECT_THAT(DaclOf(u"work/src/a.c"), HasSubstr("(A;;RX;;;we)"));
  EXPECT_THAT(DaclOf(u"work/doc"), HasSubstr("(A;OICI;RX;;;we)"));
  EXPECT_FALSE(HoldsOurs(u"work/src/deep/secrets/key"));
  EXPECT_EQ(NodeOf("\\work\\src\\deep\\secrets").reason, store::Reason::kExcluded);
}

TEST_F(GlobTest, ANameThatAGlobLeavesOutInheritsNothingWhenItIsCreatedLater) {
  volume_.Folder(u"work/src/other");
  Provision("\\work");
  volume_.File(u"work/src/other/secrets/key2");
  volume_.File(u"work/src/new/below/secrets/key3");
  EXPECT_FALSE(HoldsOurs(u"work/src/other/secrets/key2"));
  EXPECT_FALSE(HoldsOurs(u"work/src/new/below/secrets/key3"));
  volume_.Repropagate(u"");
  EXPECT_FALSE(HoldsOurs(u"work/src/other/secrets/key2"));
  EXPECT_FALSE(HoldsOurs(u"work/src/new/below/secrets/key3"));
}

TEST_F(GlobTest, PropagatingAgainChangesNothing) {
  Provision("\\work");
  const auto provisioned = volume_.SecurityIds();
  volume_.Repropagate(u"work");
  EXPECT_EQ(volume_.SecurityIds(), provisioned);
}

class StrayTest : public EngineExclusionsTest {
 protected:
  StrayTest() {
    volume_.File(u"work/a.txt");
    volume_.Folder(u"work/sub");
  }
};

TEST_F(StrayTest, ASensitiveNameThatInheritedDeepInATreeIsStrippedByTheNextRun) {
  Provision("\\work");
  volume_.File(u"work/sub/.ssh/id_rsa");
  ASSERT_TRUE(HoldsOurs(u"work/sub/.ssh/id_rsa"));
  const ProvisionReport report = Provision("\\work");
  EXPECT_EQ(report.stripped, 2u);
  EXPECT_FALSE(HoldsOurs(u"work/sub/.ssh"));
  EXPECT_FALSE(HoldsOurs(u"work/sub/.ssh/id_rsa"));
  EXPECT_THAT(DaclOf(u"work/sub"), HasSubstr("(A;;RX;;;we)"));
  volume_.Repropagate(u"");
  EXPECT_FALSE(HoldsOurs(u"work/sub/.ssh/id_rsa"));
  EXPECT_EQ(Provision("\\work").changes, 0u);
  ExpectTrueRollUps();
}

TEST_F(StrayTest, AStopWhileAStrayIsSweptLeavesTheRestToTheNextRun) {
  Provision("\\work");
  volume_.File(u"work/sub/.ssh/keys/id_rsa");
  volume_.SetHook([this](fakes::Call call, const std::u16string& path) {
    if (call == fakes::Call::kList && path == u"\\work\\sub\\.ssh") stop_ = true;
  });
  EXPECT_FALSE(Provision("\\work").complete);
  volume_.SetHook({});
  stop_ = false;
  EXPECT_TRUE(Provision("\\work").complete);
  EXPECT_FALSE(HoldsOurs(u"work/sub/.ssh/keys/id_rsa"));
  EXPECT_EQ(Provision("\\work").changes, 0u);
}

TEST_F(StrayTest, AGrantedFileThatIsRenamedToASensitiveNameIsStripped) {
  const auto before = volume_.SecurityId(u"work/a.txt");
  Provision("\\work");
  volume_.Move(u"work/a.txt", u"work/id_rsa");
  Provision("\\work");
  EXPECT_EQ(volume_.SecurityId(u"work/id_rsa"), before);
  EXPECT_EQ(Provision("\\work").changes, 0u);
  EXPECT_EQ(Rollback().restored, 2u);  // The folders.
}

TEST_F(StrayTest, ANewExclusionTakesItsEntriesAwayAndStopsTheFoldersAbove) {
  volume_.File(u"work/sub/out/in/secret");
  volume_.File(u"work/sub/rest");
  const auto before = volume_.SecurityIds();
  Provision("\\work");
  ASSERT_TRUE(HoldsOurs(u"work/sub/out/in/secret"));
  request_.rules.excludes = {"sub/out"};
  Provision("\\work");
  for (const char16_t* path : {u"work/sub/out", u"work/sub/out/in", u"work/sub/out/in/secret"})
    EXPECT_FALSE(HoldsOurs(path));
  EXPECT_THAT(DaclOf(u"work"), HasSubstr("(A;;RX;;;we)"));
  EXPECT_THAT(DaclOf(u"work/sub"), HasSubstr("(A;;RX;;;we)"));
  EXPECT_TRUE(HoldsOurs(u"work/sub/rest"));
  EXPECT_EQ(VerdictOf("\\work\\sub\\out\\in"), "(not in the index)");
  ExpectTrueRollUps();
  EXPECT_EQ(Provision("\\work").changes, 0u);
  volume_.Repropagate(u"");
  EXPECT_FALSE(HoldsOurs(u"work/sub/out/in/secret"));
  Rollback();
  ExpectAsBefore(before);
}

TEST_F(StrayTest, AReadableFolderStopsCarryingWhenSomethingBelowIsLeftOut) {
  volume_.Folder(u"work/open", "O:BAG:BAD:(A;;0x1200a9;;;BU)(A;OICI;FA;;;BA)");
  volume_.File(u"work/open/needs");
  Provision("\\work");
  ASSERT_THAT(DaclOf(u"work/open"), HasSubstr("(A;OICIID;RX;;;we)"));
  request_.rules.excludes = {"open/secret*"};
  Provision("\\work");
  EXPECT_FALSE(HoldsOurs(u"work/open"));
  volume_.File(u"work/open/secret1");
  EXPECT_FALSE(HoldsOurs(u"work/open/secret1"));
  EXPECT_EQ(Provision("\\work").changes, 0u);
  ExpectTrueRollUps();
}

TEST_F(StrayTest, AnEntryLikeOursThatALeftOutObjectInheritsFromSomeoneElseStays) {
  volume_.Folder(u"work/theirs", "O:BAG:BAD:P(A;OICI;0x1200a9;;;S-1-5-21-11-22-33-1001)");
  volume_.File(u"work/theirs/.netrc");
  const auto before = volume_.SecurityId(u"work/theirs/.netrc");
  Provision("\\work");
  Provision("\\work");
  EXPECT_EQ(volume_.SecurityId(u"work/theirs/.netrc"), before);
}

}  // namespace
}  // namespace acledger::scanner
