// SPDX-License-Identifier: MIT
// The way back: exact where nobody interfered, surgical where somebody did, and counted.
#include "tests/scanner/engine_fixture.h"

namespace acledger::scanner {
namespace {

using fakes::Call;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class EngineRollbackTest : public EngineTest {
 protected:
  EngineRollbackTest() {
    volume_.File(u"work/a");
    volume_.File(u"work/sub/b");
    volume_.File(u"else/c");
  }
  void ExpectCounts(const RollbackReport& report, std::array<std::uint64_t, 6> wanted) {
    const std::array<std::uint64_t, 6> counts = {report.restored, report.stripped, report.already_gone + report.missing,
                                                 report.drifted,  report.failed,   report.remaining};
    EXPECT_THAT(counts, testing::ElementsAreArray(wanted))
        << "restored, stripped, gone or missing, drifted, failed, remaining";
  }
  bool HoldsOurs(std::u16string_view path) const { return DaclOf(path).find(";we)") != std::string::npos; }
};

TEST_F(EngineRollbackTest, RestoresEveryDescriptor) {
  const auto before = volume_.SecurityIds();
  Provision("\\work");
  const RollbackReport report = Rollback();
  ExpectCounts(report, {4, 0, 0, 0, 0, 0});
  EXPECT_TRUE(report.complete);
  EXPECT_EQ(report.scanned, volume_.Paths().size());
  ExpectAsBefore(before);
  EXPECT_TRUE(Ledger().Grants()->empty());
}

TEST_F(EngineRollbackTest, ProvesSeveralGrantsOfAPrincipalByOneScan) {
  const auto before = volume_.SecurityIds();
  Provision("\\work");
  Provision("\\else");
  const RollbackReport report = Rollback();
  ExpectCounts(report, {6, 0, 0, 0, 0, 0});
  EXPECT_TRUE(report.complete);
  EXPECT_EQ(report.scanned, volume_.Paths().size());
  ExpectAsBefore(before);
  EXPECT_TRUE(Ledger().Grants()->empty());
}

TEST_F(EngineRollbackTest, StripsWhatInheritedFromAnyOfSeveralGrants) {
  Provision("\\work");
  Provision("\\else");
  volume_.File(u"work/later");
  volume_.File(u"else/later");
  ExpectCounts(Rollback(), {6, 2, 0, 0, 0, 0});
  EXPECT_FALSE(HoldsOurs(u"work/later") || HoldsOurs(u"else/later"));
}

TEST_F(EngineRollbackTest, KeepsSeveralGrantsWhereOneFailed) {
  Provision("\\work");
  Provision("\\else");
  volume_.Inject({.call = Call::kWriteDacl, .path = u"else/c", .times = fakes::Fault::kAlways});
  EXPECT_EQ(Rollback().remaining, 1u);
  EXPECT_EQ(Ledger().Grants()->size(), 2u);
  volume_.ClearFaults();
  EXPECT_TRUE(Rollback().complete);
  EXPECT_TRUE(Ledger().Grants()->empty());
}

// "pause", and "resume" at once.
class TakesStopBack final : public Progress {
 public:
  explicit TakesStopBack(StopFlag& stop) : stop_(stop) {}
  void Report(const ProgressState& state) override {
    if (state.phase == Phase::kSweeping) stop_ = ++reports_ == 1;
  }

 private:
  StopFlag& stop_;
  int reports_ = 0;
};

TEST_F(EngineRollbackTest, AProofThatWasStoppedProvesNothingThoughTheStopWasTakenBack) {
  Provision("\\work");
  volume_.File(u"work/sub/later");
  TakesStopBack progress(stop_);
  Environment environment{volume_, Ledger(), progress, stop_};
  environment.readers = 0;
  Engine engine(environment);
  Must(engine.Settle());
  EXPECT_FALSE(Must(engine.Rollback(GrantsNamed{})).complete);
  EXPECT_FALSE(stop_);
  EXPECT_TRUE(HoldsOurs(u"work/sub/later"));
  EXPECT_TRUE(Rollback().complete);
  EXPECT_FALSE(HoldsOurs(u"work/sub/later"));
}

TEST_F(EngineRollbackTest, StripsWhatInheritedLater) {
  Provision("\\work");
  volume_.File(u"work/sub/later");
  ASSERT_TRUE(HoldsOurs(u"work/sub/later"));
  ExpectCounts(Rollback(), {4, 1, 0, 0, 0, 0});
  EXPECT_FALSE(HoldsOurs(u"work/sub/later"));
}

TEST_F(EngineRollbackTest, CountsWhatOthersTookAwayAsGone) {
  Provision("\\work");
  volume_.Delete(u"work/a");
  volume_.SetDescriptor(u"work/sub/b", "O:BAG:BAD:(A;;FA;;;BA)");
  ExpectCounts(Rollback(), {2, 0, 2, 0, 0, 0});
  EXPECT_EQ(DaclOf(u"work/sub/b"), "D:(A;;FA;;;BA)");
}

TEST_F(EngineRollbackTest, KeepsTheEditsOfOthers) {
  Provision("\\work");
  volume_.SetDescriptor(u"work/a", "O:BAG:BAD:(A;;FR;;;SU)(A;ID;0x1200a9;;;S-1-5-21-11-22-33-1001)(A;ID;FA;;;BA)");
  ExpectCounts(Rollback(), {3, 0, 0, 1, 0, 0});
  EXPECT_EQ(DaclOf(u"work/a"), "D:(A;;FR;;;SU)(A;ID;FA;;;BA)");
}

TEST_F(EngineRollbackTest, FindsItsEntryWhereSomeoneProtectedTheObject) {
  Provision("\\work");
  // "Disable inheritance, convert into explicit permissions".
  volume_.SetDescriptor(u"work/a", "O:BAG:BAD:P(A;;0x1200a9;;;S-1-5-21-11-22-33-1001)(A;;FA;;;BA)");
  ExpectCounts(Rollback(), {3, 0, 0, 1, 0, 0});
  EXPECT_EQ(DaclOf(u"work/a"), "D:P(A;;FA;;;BA)");
}

TEST_F(EngineRollbackTest, AWriteThatIsRefusedStaysForTheNextRollback) {
  const auto before = volume_.SecurityIds();
  Provision("\\work");
  volume_.Inject(
      {.path = u"work/a", .error = {ErrorKind::kDenied, "write", {}, 5, "no"}, .times = fakes::Fault::kAlways});
  const RollbackReport report = Rollback();
  EXPECT_EQ(report.failed, 1u);
  EXPECT_FALSE(report.complete);
  EXPECT_EQ(report.remaining, 1u);
  ASSERT_EQ(Failures().size(), 1u);
  EXPECT_EQ(Failures().at(0).path, "\\work\\a");
  volume_.ClearFaults();
  const RollbackReport second = Rollback();
  ExpectCounts(second, {1, 0, 0, 0, 0, 0});
  EXPECT_TRUE(second.complete);
  ExpectAsBefore(before);
}

TEST_F(EngineRollbackTest, AWriteThatIsRefusedOnceIsTakenUpByTheSweep) {
  const auto before = volume_.SecurityIds();
  Provision("\\work");
  volume_.FailNext(Call::kWriteDacl, u"work/a", {ErrorKind::kDenied, "write", {}, 5, "no"});
  const RollbackReport report = Rollback();
  ExpectCounts(report, {4, 0, 0, 0, 0, 0});
  EXPECT_TRUE(report.complete);
  EXPECT_TRUE(Failures().empty());
  ExpectAsBefore(before);
}

TEST_F(EngineRollbackTest, ALockThatClearsDoesNotCountAsDrift) {
  Provision("\\work");
  volume_.SetHook([this, done = false](Call call, const std::u16string& path) mutable {
    if (call == Call::kOpenWrite && path == u"\\work\\a" && !std::exchange(done, true)) volume_.Oplock(u"work/a", 1);
  });
  ExpectCounts(Rollback(), {4, 0, 0, 0, 0, 0});
}

TEST_F(EngineRollbackTest, AnExplicitCopyWithoutARecordRemainsAndIsTold) {
  Provision("\\work");
  volume_.SetDescriptor(u"else/c", "O:BAG:BAD:(A;;0x1200a9;;;S-1-5-21-11-22-33-1001)");
  const RollbackReport report = Rollback();
  ExpectCounts(report, {4, 0, 0, 0, 0, 1});
  EXPECT_THAT(report.examples, ElementsAre("\\else\\c"));
  EXPECT_FALSE(report.complete);
}

TEST_F(EngineRollbackTest, AnExplicitCopyOfAPrincipalOfOurOwnIsTakenOut) {
  request_.principal_is_ours = true;
  Provision("\\work");
  volume_.SetDescriptor(u"else/c", "O:BAG:BAD:(A;;0x1200a9;;;S-1-5-21-11-22-33-1001)(A;;0x1;;;S-1-5-21-11-22-33-1001)");
  const RollbackReport report = Rollback();
  ExpectCounts(report, {4, 1, 0, 0, 0, 0});
  EXPECT_EQ(DaclOf(u"else/c"), "D:");
}

TEST_F(EngineRollbackTest, FindsObjectsThatMovedOutOfTheRoot) {
  const auto a = volume_.SecurityId(u"work/a"), sub = volume_.SecurityId(u"work/sub"),
             b = volume_.SecurityId(u"work/sub/b");
  Provision("\\work");
  volume_.Move(u"work/a", u"else/moved");
  volume_.Move(u"work/sub", u"else/folder");
  volume_.File(u"else/folder/later");
  ExpectCounts(Rollback(), {4, 1, 0, 0, 0, 0});
  EXPECT_EQ(volume_.SecurityId(u"else/moved"), a);
  EXPECT_EQ(volume_.SecurityId(u"else/folder"), sub);
  EXPECT_EQ(volume_.SecurityId(u"else/folder/b"), b);
}

TEST_F(EngineRollbackTest, FindsTheRootItselfWhereItMovedTo) {
  const auto work = volume_.SecurityId(u"work");
  Provision("\\work");
  volume_.Move(u"work", u"else/work");
  ExpectCounts(Rollback(), {4, 0, 0, 0, 0, 0});
  EXPECT_EQ(volume_.SecurityId(u"else/work"), work);
}

TEST_F(EngineRollbackTest, AReusedRecordNumberIsAnotherObject) {
  Provision("\\work");
  volume_.Delete(u"work/a");
  volume_.File(u"work/a", "O:BAG:BAD:(A;ID;0x1200a9;;;WD)");
  ExpectCounts(Rollback(), {3, 0, 1, 0, 0, 0});
  EXPECT_EQ(DaclOf(u"work/a"), "D:(A;ID;RX;;;WD)");
}

TEST_F(EngineRollbackTest, TwoPrincipalsOnOneTreeDoNotDriftEachOther) {
  Provision("\\work");
  GrantRequest other = RequestFor("\\work");
  other.principal = SidOf(kOtherPrincipal);
  Provision(other);
  EXPECT_EQ(Provision("\\work").changes, 0u);
  EXPECT_EQ(Total()[store::Verdict::kDrifted], 0u);
  EXPECT_EQ(Total()[store::Verdict::kCovered], 8u);
  ExpectTrueRollUps();
}

TEST_F(EngineRollbackTest, TwoPrincipalsOnOneTreeEndAtTheOriginalInEitherOrder) {
  for (const bool outer_first : {false, true}) {
    const auto before = volume_.SecurityIds();
    Provision("\\work");
    GrantRequest other = RequestFor("\\work\\sub");
    other.principal = SidOf(kOtherPrincipal);
    Provision(other);
    const RollbackReport one = Rollback(outer_first ? "\\work" : "\\work\\sub");
    EXPECT_EQ(one.drifted + one.failed + one.remaining + one.already_gone, 0u);
    const RollbackReport two = Rollback(outer_first ? "\\work\\sub" : "\\work");
    EXPECT_EQ(two.drifted + two.failed + two.remaining + two.already_gone, 0u);
    ExpectAsBefore(before);
  }
}

TEST_F(EngineRollbackTest, WhatAnotherPrincipalsRecordSitsOnIsSweptToo) {
  Provision("\\work");
  volume_.File(u"work/sub/later");  // Inherits from the first, and gets a record of the second.
  GrantRequest other = RequestFor("\\work\\sub");
  other.principal = SidOf(kOtherPrincipal);
  Provision(other);
  EXPECT_TRUE(Rollback("\\work").complete);
  EXPECT_THAT(DaclOf(u"work/sub/later"), Not(HasSubstr(";we)")));
  EXPECT_THAT(DaclOf(u"work/sub/later"), HasSubstr(";they)"));
  const RollbackReport second = Rollback("\\work\\sub");
  EXPECT_EQ(second.drifted, 0u);
  EXPECT_THAT(DaclOf(u"work/sub/later"), Not(HasSubstr(";they)")));
}

TEST_F(EngineRollbackTest, AGrantThatChangesItsEntriesAfterAnotherWasRolledBackStaysExact) {
  const auto before = volume_.SecurityIds();
  Provision("\\work");
  GrantRequest other = RequestFor("\\work");
  other.roots = {"\\work\\sub"};
  other.principal = SidOf(kOtherPrincipal);
  Provision(other);
  Rollback("\\work");
  other.rules.excludes = {"secret"};  // Folder entries become object-only.
  Provision(other);
  EXPECT_THAT(DaclOf(u"work/sub"), Not(HasSubstr(";we)")));
  Rollback();
  ExpectAsBefore(before);
}

}  // namespace
}  // namespace acledger::scanner
