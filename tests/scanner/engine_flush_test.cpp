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
    volume_.Folder(u"work");
    volume_.File(u"work/a.txt");
    volume_.Inject({.call = fakes::Call::kFlush,
                    .error = {ErrorKind::kUnsupported, "flush the volume", {}, 5, "access is denied"},
                    .times = fakes::Fault::kAlways});
  }
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

}  // namespace
}  // namespace acledger::scanner
