// SPDX-License-Identifier: MIT
// A file system that others change under our hands.
#include "tests/scanner/engine_fixture.h"

namespace acledger::scanner {
namespace {

using fakes::Call;
using testing::HasSubstr;
using testing::Not;

class EngineHostileTest : public EngineTest {
 protected:
  EngineHostileTest() {
    volume_.File(u"work/a");
    volume_.File(u"work/b");
    volume_.File(u"work/sub/c");
  }
  // Once, before the first call of this kind on the path.
  void Before(Call call, std::u16string path, std::function<void()> act) {
    volume_.SetHook([call, path = std::move(path), act = std::move(act), done = false](
                        Call now, const std::u16string& where) mutable {
      if (now == call && where == path && !std::exchange(done, true)) act();
    });
  }
};

TEST_F(EngineHostileTest, AHardLinkInsideIsWrittenOnceAndAllItsNamesAreCovered) {
  volume_.HardLink(u"work/a", u"work/sub/a2");
  batch_ = 1;  // The second name is planned after the first was written.
  const auto before = volume_.SecurityIds();
  const ProvisionReport report = Provision("\\work");
  EXPECT_EQ(report.changes, 5u);
  EXPECT_EQ(VerdictOf("\\work\\a"), "covered");
  EXPECT_EQ(VerdictOf("\\work\\sub\\a2"), "covered");
  EXPECT_EQ(ChangesIn({store::ChangeState::kFinal}).size(), 5u);
  EXPECT_EQ(Provision("\\work").changes, 0u);
  ExpectTrueRollUps();
  EXPECT_EQ(Rollback().restored, 5u);
  ExpectAsBefore(before);
}

TEST_F(EngineHostileTest, AHardLinkWithANameOutsideIsLeftAlone) {
  volume_.HardLink(u"work/a", u"other/a2");
  const auto before = volume_.SecurityId(u"work/a");
  Provision("\\work");
  EXPECT_EQ(volume_.SecurityId(u"work/a"), before);
  EXPECT_EQ(NodeOf("\\work\\a").reason, store::Reason::kHardLink);
  EXPECT_EQ(Provision("\\work").changes, 0u);
  ExpectTrueRollUps();
}

TEST_F(EngineHostileTest, AHardLinkWithASensitiveNameIsLeftAlone) {
  volume_.HardLink(u"work/a", u"work/sub/id_rsa");
  const auto before = volume_.SecurityId(u"work/a");
  Provision("\\work");
  EXPECT_EQ(volume_.SecurityId(u"work/a"), before);
}

TEST_F(EngineHostileTest, ReparsePointsAreNeverEntered) {
  volume_.ReparsePoint(u"work/junction", 0xA0000003);
  volume_.File(u"work/junction/inside");
  Provision("\\work");
  EXPECT_THAT(DaclOf(u"work/junction"), Not(HasSubstr("(A;OICIID;RX;;;we)")));
  EXPECT_THAT(DaclOf(u"work/junction/inside"), Not(HasSubstr("we")));
  EXPECT_EQ(NodeOf("\\work\\junction").reason, store::Reason::kReparsePoint);
  EXPECT_EQ(VerdictOf("\\work\\junction\\inside"), "(not in the index)");
}

TEST_F(EngineHostileTest, AFileThatWouldBeFetchedByOpeningItIsNotOpened) {
  volume_.AddAttributes(u"work/a", kAttributeRecallOnOpen);
  bool opened = false;
  volume_.SetHook([&opened](Call call, const std::u16string& path) {
    opened |= (call == Call::kOpenRead || call == Call::kOpenWrite) && path == u"\\work\\a";
  });
  Provision("\\work");
  Rollback();
  EXPECT_FALSE(opened);
}

TEST_F(EngineHostileTest, EntersACloudFolderAsDeepAndWideAsItIs) {
  volume_.ReparsePoint(u"work/cloud", 0x9000601A);
  for (char16_t name = 0x4E00; name < 0x4E00 + 80; ++name)
    volume_.File(std::u16string(u"work/cloud/sub/") + name + u"/f");
  const ProvisionReport report = Provision("\\work");
  EXPECT_TRUE(report.complete);
  EXPECT_EQ(report.failures + report.unlisted, 0u);
}

TEST_F(EngineHostileTest, AFolderThatWouldBeFetchedByOpeningItIsNotEntered) {
  volume_.ReparsePoint(u"work/cloud", 0x9000601A);
  volume_.AddAttributes(u"work/cloud", kAttributeRecallOnOpen);
  volume_.File(u"work/cloud/f");
  bool opened = false;
  volume_.SetHook([&opened](Call call, const std::u16string& path) {
    opened |= (call == Call::kOpenRead || call == Call::kOpenWrite) && path.starts_with(u"\\work\\cloud");
  });
  Provision("\\work");
  EXPECT_EQ(NodeOf("\\work\\cloud").reason, store::Reason::kRecall);
  EXPECT_EQ(VerdictOf("\\work\\cloud\\f"), "(not in the index)");
  Rollback();
  EXPECT_FALSE(opened);
}

TEST_F(EngineHostileTest, ACompressedSystemFileIsAFileLikeAnyOther) {
  volume_.ReparsePoint(u"work/tool.exe", 0x80000017, false, "O:BAG:BAD:(A;;FA;;;SY)");
  Provision("\\work");
  EXPECT_EQ(VerdictOf("\\work\\tool.exe"), "covered");
  Rollback();
}

TEST_F(EngineHostileTest, AFolderThatBecameAJunctionIsNotWrittenThrough) {
  Before(Call::kOpenWrite, u"\\work", [this] {
    volume_.Move(u"work/sub", u"elsewhere");
    volume_.ReparsePoint(u"work/sub", 0xA0000003);
    volume_.File(u"work/sub/c", "O:BAG:BAD:(A;;FA;;;SY)");
  });
  Provision("\\work");
  EXPECT_EQ(DaclOf(u"work/sub/c"), "D:(A;;FA;;;SY)");
}

TEST_F(EngineHostileTest, AnObjectThatWasSwappedIsNotWrittenUnderTheOldDecision) {
  Before(Call::kOpenWrite, u"\\work\\a", [this] {
    volume_.Move(u"work/a", u"work/sub/moved");
    volume_.File(u"work/a", "O:BAG:BAD:P(A;;FA;;;SY)");
  });
  Provision("\\work");
  EXPECT_EQ(DaclOf(u"work/a"), "D:P(A;;FA;;;SY)");
  EXPECT_THAT(DaclOf(u"work/sub/moved"), Not(HasSubstr("we")));  // Decided for another place.
  Provision("\\work");
  EXPECT_EQ(VerdictOf("\\work\\sub\\moved"), "covered");
  ExpectTrueRollUps();
}

TEST_F(EngineHostileTest, AFileThatMovedToASensitivePlaceIsNotWritten) {
  volume_.Folder(u"work/.ssh", "O:BAG:BAD:P(A;OICI;FA;;;SY)");
  Before(Call::kOpenWrite, u"\\work\\a", [this] { volume_.Move(u"work/a", u"work/.ssh/a"); });
  EXPECT_EQ(Provision("\\work").failures, 0u);
  EXPECT_THAT(DaclOf(u"work/.ssh/a"), Not(HasSubstr("we")));
  ExpectTrueRollUps();
}

TEST_F(EngineHostileTest, WhatIsInAFolderThatMovedToASensitivePlaceIsNotWritten) {
  volume_.Folder(u"work/.ssh", "O:BAG:BAD:P(A;OICI;FA;;;SY)");
  Before(Call::kOpenWrite, u"\\work\\sub", [this] { volume_.Move(u"work/sub", u"work/.ssh/sub"); });
  EXPECT_EQ(Provision("\\work").failures, 0u);
  EXPECT_THAT(DaclOf(u"work/.ssh/sub"), Not(HasSubstr("we")));
  EXPECT_THAT(DaclOf(u"work/.ssh/sub/c"), Not(HasSubstr("we")));
  ExpectTrueRollUps();
}

TEST_F(EngineHostileTest, AnIntentWhoseObjectMovedAwayIsNotCarriedOut) {
  KillBeforeCall(Call::kWriteDacl, 1);
  ASSERT_TRUE(RunAndDie([this] { Provision("\\work"); }));
  volume_.Move(u"work/a", u"other/a");
  Settle();
  EXPECT_THAT(DaclOf(u"other/a"), Not(HasSubstr("we")));
  EXPECT_EQ(Rollback().remaining, 0u);
}

TEST_F(EngineHostileTest, AnEditBetweenReadingAndWritingSurvivesWithOurs) {
  Before(Call::kOpenWrite, u"\\work\\a",
         [this] { volume_.SetDescriptor(u"work/a", "O:BAG:BAD:(A;;FR;;;SU)(A;ID;FA;;;BA)"); });
  const ProvisionReport report = Provision("\\work");
  EXPECT_EQ(report.failures, 0u);
  EXPECT_EQ(DaclOf(u"work/a"), "D:(A;;FR;;;SU)(A;ID;RX;;;we)(A;ID;FA;;;BA)");
  EXPECT_EQ(VerdictOf("\\work\\a"), "covered");
  Rollback();
  EXPECT_EQ(DaclOf(u"work/a"), "D:(A;;FR;;;SU)(A;ID;FA;;;BA)");
}

TEST_F(EngineHostileTest, AnEditThatFollowsOurWriteAtOnceIsSeenAndOurEntryIsNotForgotten) {
  bool written = false;
  volume_.SetHook([&](Call call, const std::u16string& path) {
    if (path != u"\\work\\a") return;
    if (call == Call::kWriteDacl) written = true;
    if (call == Call::kReadDescriptor && std::exchange(written, false))
      volume_.SetDescriptor(u"work/a", "O:BAG:BAD:(A;;FR;;;SU)(A;ID;0x1200a9;;;S-1-5-21-11-22-33-1001)");
  });
  Provision("\\work");
  volume_.SetHook({});
  EXPECT_EQ(NodeOf("\\work\\a").verdict, store::Verdict::kDrifted);
  ExpectTrueRollUps();
  EXPECT_EQ(Rollback().drifted, 1u);
  EXPECT_EQ(DaclOf(u"work/a"), "D:(A;;FR;;;SU)");
}

TEST_F(EngineHostileTest, AFolderEditedAsItIsWrittenDoesNotStrandWhatIsBelow) {
  Before(Call::kOpenWrite, u"\\work\\sub",
         [this] { volume_.SetDescriptor(u"work/sub", "O:BAG:BAD:(A;OICI;FR;;;SU)(A;OICIID;FA;;;BA)"); });
  Provision("\\work");
  EXPECT_THAT(DaclOf(u"work/sub"), HasSubstr("(A;OICIID;RX;;;we)"));
  EXPECT_THAT(DaclOf(u"work/sub/c"), HasSubstr("(A;ID;RX;;;we)"));
  EXPECT_EQ(Provision("\\work").changes, 0u);
}

TEST_F(EngineHostileTest, BelowASourceThatCannotBeWrittenTheChildrenBecomeSources) {
  volume_.Inject({.call = Call::kOpenWrite,
                  .path = u"work",
                  .error = {ErrorKind::kDenied, "open", {}, 5, "access is denied"},
                  .times = fakes::Fault::kAlways});
  const ProvisionReport report = Provision("\\work");
  EXPECT_EQ(report.failures, 1u);
  EXPECT_EQ(VerdictOf("\\work"), "failed");
  EXPECT_THAT(DaclOf(u"work/a"), HasSubstr("(A;;RX;;;we)"));
  EXPECT_THAT(DaclOf(u"work/sub"), HasSubstr("(A;OICI;RX;;;we)"));
  EXPECT_THAT(DaclOf(u"work/sub/c"), HasSubstr("(A;ID;RX;;;we)"));
  ASSERT_EQ(Failures().size(), 1u);
  EXPECT_EQ(Failures()[0].right, "WRITE_DAC");
  EXPECT_EQ(Failures()[0].principal, request_.principal);
  ExpectTrueRollUps();
  volume_.ClearFaults();
  Provision("\\work");
  EXPECT_EQ(VerdictOf("\\work"), "covered");
  EXPECT_TRUE(Failures().empty());
}

TEST_F(EngineHostileTest, ALockThatClearsIsWaitedFor) {
  Before(Call::kOpenWrite, u"\\work\\a", [this] { volume_.Oplock(u"work/a", 2); });
  EXPECT_EQ(Provision("\\work").failures, 0u);
  EXPECT_EQ(VerdictOf("\\work\\a"), "covered");
}

TEST_F(EngineHostileTest, ALockThatStaysIsOneFailureWithPathRightAndPrincipal) {
  Before(Call::kOpenWrite, u"\\work\\a", [this] { volume_.Oplock(u"work/a", 1000); });
  EXPECT_EQ(Provision("\\work").failures, 1u);
  ASSERT_EQ(Failures().size(), 1u);
  EXPECT_EQ(Failures()[0].path, "\\work\\a");
  EXPECT_EQ(Failures()[0].right, "WRITE_DAC");
  EXPECT_EQ(Failures()[0].error.kind, ErrorKind::kBusy);
  EXPECT_EQ(VerdictOf("\\work\\b"), "covered");
}

TEST_F(EngineHostileTest, ARootThatKeepsNoDescriptorsIsOneFailureAndTheOthersGoOn) {
  volume_.File(u"fat/x");
  volume_.Inject({.call = Call::kProbe,
                  .path = u"fat",
                  .error = {ErrorKind::kNoEffect, "probe", {}, 0, "did not come back"},
                  .times = fakes::Fault::kAlways});
  GrantRequest request = RequestFor("\\fat");
  request.roots.emplace_back("\\work");
  EXPECT_EQ(Provision(request).changes, 5u);
  EXPECT_EQ(Provision(request).failures, 1u);
  ASSERT_EQ(Failures().size(), 1u);
  EXPECT_EQ(Failures().at(0).path, "\\fat");
  EXPECT_THAT(DaclOf(u"fat/x"), Not(HasSubstr("we")));
}

TEST_F(EngineHostileTest, ARootWhereNoScratchFileCanBeMadeIsProvisionedAllTheSame) {
  volume_.FailNext(Call::kProbe, {ErrorKind::kDenied, "create a scratch file", {}, 5, "access is denied"});
  EXPECT_EQ(Provision("\\work").changes, 5u);
}

TEST_F(EngineHostileTest, OneBadPathCostsOneRow) {
  volume_.Inject({.call = Call::kReadDescriptor, .path = u"work/a", .times = fakes::Fault::kAlways});
  volume_.Inject({.call = Call::kList, .path = u"work/sub", .times = fakes::Fault::kAlways});
  EXPECT_EQ(Provision("\\work").failures, 2u);
  EXPECT_EQ(VerdictOf("\\work\\a"), "failed");
  EXPECT_EQ(VerdictOf("\\work\\b"), "covered");
  EXPECT_EQ(VerdictOf("\\work\\sub"), "covered");
  ExpectTrueRollUps();
}

TEST_F(EngineHostileTest, AFileThatIsDeletedWhileItsFolderIsReadIsNoFailure) {
  Before(Call::kOpenRead, u"\\work\\a", [this] { volume_.Delete(u"work/a"); });
  EXPECT_EQ(Provision("\\work").failures, 0u);
  EXPECT_EQ(VerdictOf("\\work\\a"), "(not in the index)");
  ExpectTrueRollUps();
}

TEST_F(EngineHostileTest, AWriteThatSucceedsWithoutEffectIsAFailure) {
  volume_.IgnoreNextWrite(u"work/a");
  EXPECT_EQ(Provision("\\work").failures, 1u);
  EXPECT_EQ(VerdictOf("\\work\\a"), "failed");
  EXPECT_EQ(Failures().at(0).error.kind, ErrorKind::kNoEffect);
  EXPECT_EQ(Provision("\\work").changes, 1u);
  EXPECT_EQ(VerdictOf("\\work\\a"), "covered");
}

TEST_F(EngineHostileTest, AWriteThatFailsAfterItsEffectCounts) {
  const auto before = volume_.SecurityIds();
  volume_.FailAfterNextWrite(u"work/a", {ErrorKind::kIo, "write", {}, 0, "lost"});
  EXPECT_EQ(Provision("\\work").failures, 0u);
  EXPECT_EQ(VerdictOf("\\work\\a"), "covered");
  Rollback();
  ExpectAsBefore(before);
}

TEST_F(EngineHostileTest, AWriteThatCannotBeReadBackIsSettledByTheNextStart) {
  bool written = false;
  volume_.SetHook([&](Call call, const std::u16string& path) {
    if (call == Call::kWriteDacl && path == u"\\work\\a" && !std::exchange(written, true))
      volume_.FailNext(Call::kReadDescriptor, u"work/a", {ErrorKind::kIo, "read", {}, 0, "gone"});
  });
  EXPECT_EQ(Provision("\\work").failures, 1u);
  EXPECT_EQ(ChangesIn({store::ChangeState::kIntent}).size(), 1u);
  ExpectTrueRollUps();
  EXPECT_EQ(Settle().looked_at, 1u);
  EXPECT_EQ(VerdictOf("\\work\\a"), "covered");
  ExpectTrueRollUps();
}

}  // namespace
}  // namespace acledger::scanner
