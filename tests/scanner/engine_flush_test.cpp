// SPDX-License-Identifier: MIT
// A volume that this process may not flush, as a live one without an administrator's rights.
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
