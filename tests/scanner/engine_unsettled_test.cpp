// SPDX-License-Identifier: MIT
// A job fails in the middle, and the same process goes on without a new start.
#include "tests/scanner/engine_fixture.h"

namespace acledger::scanner {
namespace {

using fakes::Call;
using store::ChangeState;

class EngineUnsettledTest : public EngineTest {
 protected:
  EngineUnsettledTest() {
    batch_ = 2;
    volume_.File(u"work/a");
    volume_.File(u"work/sub/b");
    volume_.File(u"work/sub/deep/c");
    original_ = volume_.SecurityIds();
  }

  std::vector<store::Grant> Registered() { return Must(engine_.Register(RequestFor("\\work"), notes_)); }

  RollbackReport RollBackNow() { return Must(engine_.Rollback(GrantsNamed{})); }

  Engine engine_{MakeEnvironment()};
  std::map<std::string, std::uint32_t> original_;
};

TEST_F(EngineUnsettledTest, ARollbackTakesBackWhatWasWrittenBeforeItsResultsWereRefused) {
  for (unsigned nth = 1; nth <= 6; ++nth) {
    SCOPED_TRACE("from write " + std::to_string(nth));
    const auto grants = Registered();
    RefuseResults(nth);
    EXPECT_FALSE(engine_.Provision(grants));
    TakeResults();
    EXPECT_NE(volume_.SecurityIds(), original_);
    const RollbackReport report = RollBackNow();
    EXPECT_TRUE(report.complete);
    EXPECT_EQ(report.failed + report.remaining, 0u);
    ExpectAsBefore(original_);
  }
}

TEST_F(EngineUnsettledTest, ARollbackTakesBackWhatTheWriterDidWhileAFlushFailed) {
  batch_ = 1;
  for (int i = 0; i < 80; ++i) volume_.File(u"work/more/" + std::u16string(1, static_cast<char16_t>(0x4E00 + i)));
  const auto original = volume_.SecurityIds();
  request_.rules.excludes = {"**/never"};  // Nothing inherits: each entry is an explicit one.
  Engine engine(MakeEnvironment());
  volume_.FailNext(Call::kFlush, {ErrorKind::kIo, "flush", {}, 5, "by the test"});
  EXPECT_FALSE(engine.Provision(Must(engine.Register(RequestFor("\\work"), notes_))));
  EXPECT_FALSE(ChangesIn({ChangeState::kIntent}).empty());
  EXPECT_TRUE(Must(engine.Rollback(GrantsNamed{})).complete);
  ExpectAsBefore(original);
}

TEST_F(EngineUnsettledTest, ARollbackTakesBackAWriteWhoseEndIsNotKnown) {
  const auto grants = Registered();
  volume_.SetHook([this, armed = true](Call call, const std::u16string& path) mutable {
    if (call != Call::kWriteDacl || !armed) return;
    armed = false;
    volume_.FailNext(Call::kReadDescriptor, path.substr(1), {ErrorKind::kIo, "read", {}, 5, "by the test"});
  });
  EXPECT_GT(Must(engine_.Provision(grants)).failures, 0u);
  volume_.SetHook({});
  EXPECT_EQ(ChangesIn({ChangeState::kIntent}).size(), 1u);
  EXPECT_TRUE(RollBackNow().complete);
  ExpectAsBefore(original_);
}

TEST_F(EngineUnsettledTest, WhatIsLeftAsAnIntentIsTakenBackAlsoByAnotherEngine) {
  const auto grants = Registered();
  RefuseResults(3);
  EXPECT_FALSE(engine_.Provision(grants));
  TakeResults();
  Engine other(MakeEnvironment());  // It does not know that anything failed.
  const RollbackReport report = Must(other.Rollback(GrantsNamed{}));
  EXPECT_TRUE(report.complete);
  EXPECT_EQ(report.drifted, 0u);
  ExpectAsBefore(original_);
}

TEST_F(EngineUnsettledTest, ARollbackWritesNoEntryOnlyToTakeItOut) {
  const auto grants = Registered();
  // The batch was made durable and nothing of it was written.
  volume_.SetHook([](Call call, const std::u16string&) {
    if (call == Call::kOpenWrite) throw Killed{};
  });
  EXPECT_THROW(static_cast<void>(engine_.Provision(grants)), Killed);
  volume_.SetHook({});
  EXPECT_FALSE(ChangesIn({ChangeState::kIntent}).empty());
  const auto writes = volume_.EffectiveWrites();
  const RollbackReport report = RollBackNow();
  EXPECT_TRUE(report.complete);
  EXPECT_EQ(report.restored + report.already_gone, 0u);
  EXPECT_EQ(volume_.EffectiveWrites(), writes);
  ExpectAsBefore(original_);
}

TEST_F(EngineUnsettledTest, TheNextRunGoesOnAndKeepsOneRecordOfEachObject) {
  Provision("\\work");
  const auto wanted = volume_.SecurityIds();
  Rollback();
  for (unsigned nth = 1; nth <= 6; ++nth) {
    SCOPED_TRACE("from write " + std::to_string(nth));
    const auto grants = Registered();
    RefuseResults(nth);
    EXPECT_FALSE(engine_.Provision(grants));
    TakeResults();
    EXPECT_TRUE(Must(engine_.Provision(Must(Ledger().Grants()))).complete);
    EXPECT_EQ(volume_.SecurityIds(), wanted);
    EXPECT_EQ(Total()[store::Verdict::kCovered], 6u);
    ExpectTrueRollUps();
    for (const std::string& path : volume_.Paths())
      EXPECT_LE(Must(Ledger().LiveChangesOf(volume_.Id(std::u16string(path.begin(), path.end())))).size(), 1u) << path;
    EXPECT_EQ(Must(engine_.Provision(Must(Ledger().Grants()))).changes, 0u);
    EXPECT_TRUE(RollBackNow().complete);
    ExpectAsBefore(original_);
  }
}

// An intent whose object could not be asked is still there when the next run writes the same object.
class LeftIntentTest : public EngineUnsettledTest {
 protected:
  LeftIntentTest() {
    request_.rules.excludes = {"**/never"};
    const auto grants = Registered();
    volume_.SetHook([this, armed = true](Call call, const std::u16string& path) mutable {
      if (call != Call::kWriteDacl || path != u"\\work\\a" || !std::exchange(armed, false)) return;
      volume_.IgnoreNextWrite(u"work/a");
      volume_.FailNext(Call::kReadDescriptor, u"work/a", kCannot);
    });
    EXPECT_EQ(Must(engine_.Provision(grants)).failures, 1u);
    volume_.SetHook({});
    EXPECT_EQ(ChangesIn({ChangeState::kIntent}).size(), 1u);
  }
  std::vector<store::Change> RecordsOfA() { return Must(Ledger().LiveChangesOf(volume_.Id(u"work/a"))); }

  const security::DescriptorBytes original_a_ = volume_.Descriptor(u"work/a");  // Nothing was written to it.
  const Error kCannot{ErrorKind::kIo, "by the test", {}, 5, "by the test"};
};

TEST_F(LeftIntentTest, IsSettledBeforeTheNextRun) {
  EXPECT_TRUE(Must(engine_.Provision(Must(Ledger().Grants()))).complete);
  ASSERT_EQ(RecordsOfA().size(), 1u);
  EXPECT_EQ(RecordsOfA().front().state, ChangeState::kFinal);
  EXPECT_EQ(VerdictOf("\\work\\a"), "covered");
}

TEST_F(LeftIntentTest, IsNoMoreOnceANewerChangeWasApplied) {
  volume_.FailNext(Call::kOpenWrite, u"work/a", kCannot);  // It cannot be asked either.
  EXPECT_TRUE(Must(engine_.Provision(Must(Ledger().Grants()))).complete);
  ASSERT_EQ(RecordsOfA().size(), 1u);
  EXPECT_EQ(RecordsOfA().front().state, ChangeState::kFinal);
}

TEST_F(LeftIntentTest, OfAnOlderProgramIsNotCarriedOutAfterANewerChange) {
  volume_.FailNext(Call::kOpenWrite, u"work/a", kCannot);
  Must(engine_.Provision(Must(Ledger().Grants())));
  RunSql("UPDATE change SET state = 0, live = 1 WHERE state = 6 AND name = 'a'");
  volume_.SetDescriptor(u"work/a", original_a_);  // Others took our entry away.
  const auto before = volume_.SecurityIds();
  Settle();
  EXPECT_EQ(volume_.SecurityIds(), before);
  EXPECT_TRUE(ChangesIn({ChangeState::kIntent}).empty());
}

TEST_F(EngineUnsettledTest, AComparisonDoesNotTakeWhatIsNotSettledForSomebodyElses) {
  const auto grants = Registered();
  RefuseResults(5);
  EXPECT_FALSE(engine_.Provision(grants));
  TakeResults();
  EXPECT_TRUE(Must(engine_.Verify(Must(Ledger().Grants()))).complete);
  EXPECT_TRUE(Must(engine_.Provision(Must(Ledger().Grants()))).complete);
  EXPECT_EQ(Total()[store::Verdict::kCovered], 6u);
  EXPECT_EQ(Total()[store::Verdict::kReadable], 0u);
}

}  // namespace
}  // namespace acledger::scanner
