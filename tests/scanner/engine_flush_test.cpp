// SPDX-License-Identifier: MIT
// A volume that this process may not flush, as a live one without an administrator's rights.
#include "security/edit.h"
#include "tests/scanner/engine_fixture.h"

namespace acledger::scanner {
namespace {

using store::ChangeState;

class EngineFlushTest : public EngineTest {
 protected:
  EngineFlushTest() {
    volume_.Inject({.call = fakes::Call::kFlush,
                    .error = {ErrorKind::kUnsupported, "flush the volume", {}, 5, "access is denied"},
                    .times = fakes::Fault::kAlways});
  }

  // The next start: what a.txt lost to a power cut is as before, the volume can be flushed, a.txt cannot be opened.
  void StartWithout(const std::u16string& path, const security::DescriptorBytes& brought_back) {
    volume_.SetDescriptor(path, brought_back);
    volume_.ClearFaults();
    volume_.Inject({.call = fakes::Call::kOpenWrite,
                    .path = path,
                    .error = {ErrorKind::kDenied, "open", {}, 0xC0000022, "access is denied"},
                    .times = fakes::Fault::kAlways});
    OpenLedger();
    Settle();
    volume_.ClearFaults();
  }
  GrantRequest OtherRequest() const {
    GrantRequest request = RequestFor("\\work");
    request.principal = SidOf(kOtherPrincipal);
    return request;
  }
  std::vector<store::Tombstone> Unreachable() {
    constexpr ChangeState kStates[] = {ChangeState::kReverting};
    return Must(Ledger().Tombstones(kStates));
  }

  const security::DescriptorBytes before_ = [this] {
    volume_.Folder(u"work");
    volume_.File(u"work/a.txt");
    return volume_.Descriptor(u"work/a.txt");
  }();
};

TEST_F(EngineFlushTest, ProvisionsAndCallsNothingFinal) {
  const ProvisionReport report = Provision("\\work");
  EXPECT_EQ(report.changes, 2u);
  EXPECT_EQ(report.failures, 0u);
  EXPECT_EQ(ChangesIn({ChangeState::kApplied}).size(), 2u);
  EXPECT_TRUE(ChangesIn({ChangeState::kFinal}).empty());
}

TEST_F(EngineFlushTest, LooksAtAllOfItAgainAndWritesNothing) {
  Provision("\\work");
  EXPECT_EQ(Settle().looked_at, 2u);
  EXPECT_EQ(Provision("\\work").changes, 0u);
}

TEST_F(EngineFlushTest, RollsBackToTheByte) {
  const auto before = volume_.SecurityIds();
  Provision("\\work");
  const RollbackReport report = Rollback();
  EXPECT_EQ(report.remaining, 0u);
  EXPECT_EQ(volume_.SecurityIds(), before);
}

TEST_F(EngineFlushTest, TheNextStartTakesBackWhatAPowerCutBroughtBackAfterTheRollback) {
  const auto before = volume_.SecurityIds();
  unsigned lost = 0;
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    SCOPED_TRACE(seed);
    Provision("\\work");
    EXPECT_TRUE(Rollback().complete);
    volume_.LoseUnflushed(seed);
    lost += volume_.SecurityIds() != before;
    OpenLedger();
    Settle();
    ExpectAsBefore(before);
  }
  EXPECT_GT(lost, 0u);
}

TEST_F(EngineFlushTest, TheNextStartLeavesAloneWhatWasGrantedAnewAfterTheRollback) {
  Provision("\\work");
  Rollback();
  Provision("\\work");
  const auto granted = volume_.SecurityIds();
  OpenLedger();
  Settle();
  ExpectAsBefore(granted);
  EXPECT_EQ(Provision("\\work").changes, 0u);
}

TEST_F(EngineFlushTest, WhatOthersMadeOfAnEntryThatCameBackIsRolledBackAgain) {
  volume_.ClearFaults();
  Provision("\\work");
  const auto granted = volume_.Descriptor(u"work/a.txt");
  volume_.Inject({.call = fakes::Call::kFlush,
                  .error = {ErrorKind::kUnsupported, "flush the volume", {}, 5, "access is denied"},
                  .times = 1});
  Rollback();
  const auto edited = Must(security::AddEntry(granted, {SidOf("S-1-5-21-9-9-9-9"), 0x1, 0}));
  volume_.SetDescriptor(u"work/a.txt", edited.bytes);
  OpenLedger();
  Settle();
  EXPECT_TRUE(Rollback().complete);
  EXPECT_THAT(DaclOf(u"work/a.txt"),
              testing::AllOf(testing::HasSubstr("9-9-9-9"), testing::Not(testing::HasSubstr("we"))));
}

TEST_F(EngineFlushTest, AStartThatMayFlushForgetsWhatWasTakenBack) {
  Provision("\\work");
  Rollback();
  EXPECT_EQ(ChangesIn({ChangeState::kReverted}).size(), 2u);
  volume_.ClearFaults();
  Settle();
  EXPECT_TRUE(ChangesIn({ChangeState::kReverted, ChangeState::kUndone}).empty());
}

TEST_F(EngineFlushTest, KeepsTheRecordOfAFileThatGotANameOutsideSince) {
  volume_.Folder(u"open", "O:BAG:BAD:(A;;0x1200a9;;;WD)");
  volume_.File(u"open/b", "O:BAG:BAD:(A;;FA;;;BA)");
  Provision("\\open");
  volume_.HardLink(u"open/b", u"other/b2");
  const RollbackReport report = Rollback();
  EXPECT_EQ(report.restored, 1u);
  EXPECT_EQ(report.remaining, 0u);
  EXPECT_EQ(DaclOf(u"open/b"), "D:(A;;FA;;;BA)");
}

// --- a start that may flush, and cannot ask everything

TEST_F(EngineFlushTest, WhatAStartCannotAskOfARollbackIsTakenBackOnceItOpens) {
  const auto before = volume_.SecurityIds();
  Provision("\\work");
  const auto granted = volume_.Descriptor(u"work/a.txt");
  EXPECT_TRUE(Rollback().complete);
  StartWithout(u"work/a.txt", granted);
  const auto left = Unreachable();
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0].change.file_id, volume_.Id(u"work/a.txt"));
  EXPECT_EQ(left[0].error.kind, ErrorKind::kDenied);
  EXPECT_EQ(ChangesIn({ChangeState::kReverted, ChangeState::kUndone}).size(), 0u);  // Of the folder: known to be done.
  EXPECT_EQ(Rollback().restored, 1u);
  ExpectAsBefore(before);
  EXPECT_TRUE(Unreachable().empty());
  EXPECT_TRUE(Failures().empty());
}

TEST_F(EngineFlushTest, WhatAStartCannotAskOfARollbackIsNotTakenFromALaterGrant) {
  Provision("\\work");
  const auto granted = volume_.Descriptor(u"work/a.txt");
  Rollback();
  StartWithout(u"work/a.txt", granted);
  // Stripped by somebody after it was tried again, and before it is scanned.
  volume_.FailNext(fakes::Call::kOpenWrite, u"work/a.txt", {ErrorKind::kDenied, "open", {}, 0xC0000022, "denied"});
  volume_.SetDescriptor(u"work/a.txt", before_);
  EXPECT_EQ(Provision("\\work").failures, 1u);
  ASSERT_EQ(volume_.Descriptor(u"work/a.txt"), granted);
  EXPECT_TRUE(Unreachable().empty());
  EXPECT_EQ(Must(Engine(MakeEnvironment()).Revisit([](const store::Grant&) { return true; })).writes, 0u);
  EXPECT_EQ(volume_.Descriptor(u"work/a.txt"), granted);
}

TEST_F(EngineFlushTest, ARowOfARollbackThatNoGrantCouldHaveWrittenIsTriedAgainFromTheObject) {
  const auto before = volume_.SecurityIds();
  Provision("\\work");
  const auto granted = volume_.Descriptor(u"work/a.txt");
  Rollback();
  volume_.SetDescriptor(u"work/a.txt", granted);
  CloseLedger();
  OpenLedger();
  RunSql("UPDATE change SET revert_from = revert_to, revert_to = revert_from WHERE is_folder = 0");
  volume_.ClearFaults();
  EXPECT_EQ(Settle().failed, 1u);
  EXPECT_EQ(Unreachable().size(), 1u);
  EXPECT_EQ(Rollback().restored, 1u);
  ExpectAsBefore(before);
}

TEST_F(EngineFlushTest, WhatAStartCannotAskOfALiveGrantsStripIsTakenBackByTheNextStart) {
  Provision("\\work");
  const auto granted = volume_.Descriptor(u"work/a.txt");
  volume_.Folder(u"else");
  volume_.Move(u"work/a.txt", u"else/a.txt");
  EXPECT_EQ(Provision("\\work").stripped, 1u);
  ASSERT_NE(volume_.Descriptor(u"else/a.txt"), granted);
  StartWithout(u"else/a.txt", granted);
  EXPECT_EQ(ChangesIn({ChangeState::kReverting}).size(), 1u);
  OpenLedger();
  EXPECT_EQ(Settle().completed, 1u);
  EXPECT_EQ(DaclOf(u"else/a.txt").find("we"), std::string::npos);
}

TEST_F(EngineFlushTest, WhatAStartCannotAskOfAWriteIsUnknownAndWrittenAgainByTheNextStart) {
  Provision("\\work");
  const auto granted = volume_.SecurityIds();
  StartWithout(u"work/a.txt", before_);
  EXPECT_EQ(VerdictOf("\\work\\a.txt"), "unknown");
  ExpectTrueRollUps();
  EXPECT_EQ(ChangesIn({ChangeState::kIntent}).size(), 1u);
  EXPECT_EQ(ChangesIn({ChangeState::kFinal}).size(), 1u);  // Of the folder: known to be there.
  OpenLedger();
  EXPECT_EQ(Settle().completed, 1u);
  EXPECT_EQ(VerdictOf("\\work\\a.txt"), "covered");
  ExpectTrueRollUps();
  ExpectAsBefore(granted);
}

TEST_F(EngineFlushTest, WhatAStartCannotAskOfAWriteIsTakenBackByARollback) {
  const auto before = volume_.SecurityIds();
  Provision("\\work");
  StartWithout(u"work/a.txt", volume_.Descriptor(u"work/a.txt"));
  EXPECT_EQ(VerdictOf("\\work\\a.txt"), "unknown");
  EXPECT_TRUE(Rollback().complete);
  ExpectAsBefore(before);
}

TEST_F(EngineFlushTest, WhatAStartCannotAskOfAWriteIsCoveredByTheNextLook) {
  Provision("\\work");
  const auto granted = volume_.SecurityIds();
  StartWithout(u"work/a.txt", before_);
  Engine engine(MakeEnvironment());
  EXPECT_EQ(Must(engine.Provision(Must(Ledger().Grants()))).changes, 1u);
  EXPECT_EQ(VerdictOf("\\work\\a.txt"), "covered");
  ExpectAsBefore(granted);
}

// --- a power cut that brings back what a rollback took, or loses what another grant wrote

TEST_F(EngineFlushTest, TheNextStartWritesAgainWhatALaterGrantWrote) {
  Provision("\\work");
  const auto granted = volume_.Descriptor(u"work/a.txt");
  Rollback();
  Provision(OtherRequest());
  const auto wanted = volume_.SecurityIds();
  for (const auto& left : {before_, granted}) {
    volume_.SetDescriptor(u"work/a.txt", left);
    OpenLedger();
    Settle();
    ExpectAsBefore(wanted);
    EXPECT_EQ(VerdictOf("\\work\\a.txt"), "covered");
  }
}

TEST_F(EngineFlushTest, TheNextStartWritesAgainWhatAnEarlierGrantWrote) {
  Provision(OtherRequest());
  const auto wanted = volume_.SecurityIds();
  const auto theirs = volume_.Descriptor(u"work/a.txt");
  Provision("\\work");
  const auto both = volume_.Descriptor(u"work/a.txt");
  EXPECT_TRUE(Must(Engine(MakeEnvironment()).Rollback({std::nullopt, request_.principal, std::nullopt})).complete);
  for (const auto& left : {before_, theirs, both}) {
    volume_.SetDescriptor(u"work/a.txt", left);
    OpenLedger();
    Settle();
    ExpectAsBefore(wanted);
    EXPECT_EQ(VerdictOf("\\work\\a.txt"), "covered");
  }
}

// --- grants that come and go

TEST_F(EngineFlushTest, HoweverOftenAnObjectIsGrantedAndTakenBackAStartAsksItOnce) {
  const auto before = volume_.SecurityIds();
  security::DescriptorBytes granted;
  Engine engine(MakeEnvironment());  // One process: it settles nothing in between.
  for (int i = 0; i < 4; ++i) {
    for (const GrantRequest& request : {RequestFor("\\work"), OtherRequest()}) {
      Must(engine.Provision(Must(engine.Register(request, notes_))));
      if (request.principal == request_.principal) granted = volume_.Descriptor(u"work/a.txt");
      EXPECT_TRUE(Must(engine.Rollback(GrantsNamed{})).complete);
    }
  }
  ASSERT_EQ(ChangesIn({ChangeState::kReverted}).size(), 16u);
  OpenLedger();
  EXPECT_EQ(Settle().looked_at, 4u);
  EXPECT_EQ(ChangesIn({ChangeState::kReverted}).size(), 4u);
  EXPECT_EQ(Settle().looked_at, 4u);
  volume_.SetDescriptor(u"work/a.txt", granted);
  EXPECT_EQ(Settle().completed, 1u);
  ExpectAsBefore(before);
}

TEST_F(EngineFlushTest, WhatIsGrantedAnewIsKnownByItsLastRecordAlone) {
  Provision("\\work");
  Rollback();
  Provision("\\work");
  OpenLedger();
  EXPECT_EQ(Settle().looked_at, 2u);
  EXPECT_TRUE(ChangesIn({ChangeState::kReverted}).empty());
}

TEST_F(EngineFlushTest, AnEntryOfAnotherShapeIsAskedForByItself) {
  Provision("\\work");
  Rollback();
  RunSql("UPDATE change SET entry_flags = 3 WHERE is_folder = 0");
  Provision("\\work");
  OpenLedger();
  EXPECT_EQ(Settle().looked_at, 3u);
  Rollback();
  OpenLedger();
  EXPECT_EQ(Settle().looked_at, 3u);
}

}  // namespace
}  // namespace acledger::scanner
