// SPDX-License-Identifier: MIT
// Objects that are gone, or cannot be written, when a grant is taken back: their records stay, delay nobody, and are
// found by id when the objects return; a person may give them up.
#include "scanner/revert.h"
#include "tests/scanner/engine_fixture.h"

namespace acledger::scanner {
namespace {

using fakes::Call;
using fakes::Fault;
using store::ChangeState;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::array kStanding{ChangeState::kReverting, ChangeState::kMissing, ChangeState::kDismissed};
const Error kLocked{ErrorKind::kDenied, "open", {}, 0xC0000022, "access is denied"};
const Error kShared{ErrorKind::kBusy, "open", {}, 0xC0000043, "sharing violation"};

class TombstoneTest : public EngineTest {
 protected:
  TombstoneTest() {
    volume_.File(u"work/a");
    volume_.File(u"work/sub/b");
    volume_.File(u"else/c");
    before_ = volume_.SecurityIds();
  }

  std::vector<store::Tombstone> Tombstones() { return Must(Ledger().Tombstones(kStanding)); }
  bool HoldsOurs(std::u16string_view path) const { return DaclOf(path).find(";we)") != std::string::npos; }
  // From now on, for each open of it.
  void Lock(std::u16string path, const Error& error, Call call = Call::kOpenWrite) {
    volume_.Inject({.call = call, .path = std::move(path), .error = error, .times = Fault::kAlways});
  }
  Expected<Dismissed> Dismiss(const DismissRequest& request) {
    DismissRequest asked = request;
    asked.by = "S-1-5-18";
    if (!asked.may) asked.may = [](const store::Grant&) { return true; };
    return Engine(MakeEnvironment()).Dismiss(asked);
  }

  std::map<std::string, std::uint32_t> before_;
};

TEST_F(TombstoneTest, WhatIsGoneStaysRecordedAndDelaysNobody) {
  Provision("\\work");
  const FileId id = volume_.Id(u"work/a");
  volume_.TakeAway(u"work/a");
  const RollbackReport report = Rollback();
  EXPECT_EQ(report.restored, 3u);
  EXPECT_EQ(report.missing, 1u);
  EXPECT_EQ(report.already_gone + report.failed + report.remaining, 0u);
  EXPECT_TRUE(report.complete);
  EXPECT_TRUE(Must(Ledger().Grants()).empty());
  const auto tombstones = Tombstones();
  ASSERT_THAT(tombstones, SizeIs(1));
  EXPECT_EQ(tombstones[0].change.file_id, id);
  EXPECT_EQ(tombstones[0].change.state, ChangeState::kMissing);
  EXPECT_EQ(tombstones[0].path, "\\work\\a");
  EXPECT_EQ(tombstones[0].error.kind, ErrorKind::kNotFound);
  EXPECT_GT(tombstones[0].since, 1'600'000'000);
}

TEST_F(TombstoneTest, WhatReturnsIsTakenBackExactlyByTheNextRollback) {
  Provision("\\work");
  volume_.TakeAway(u"work/sub");
  EXPECT_EQ(Rollback().missing, 2u);
  volume_.PutBack();
  volume_.Move(u"work/sub", u"else/moved");
  ASSERT_TRUE(HoldsOurs(u"else/moved/b"));
  const RollbackReport report = Rollback();
  EXPECT_EQ(report.restored, 2u);
  EXPECT_TRUE(report.complete);
  volume_.Move(u"else/moved", u"work/sub");
  ExpectAsBefore(before_);
  EXPECT_THAT(Tombstones(), IsEmpty());
}

TEST_F(TombstoneTest, WhatReturnsIsTakenBackByTheRollbackOfItsRoot) {
  Provision("\\work");
  volume_.TakeAway(u"work/a");
  Rollback("\\work");
  EXPECT_EQ(Rollback("\\work").missing, 1u);
  volume_.PutBack();
  EXPECT_EQ(Rollback("\\work").restored, 1u);
  ExpectAsBefore(before_);
  EXPECT_EQ(Engine(MakeEnvironment()).Rollback("\\work").error().kind, ErrorKind::kNotFound);
}

TEST_F(TombstoneTest, WhatReturnsIsTakenBackBeforeItIsGrantedAgain) {
  Provision("\\work");
  volume_.TakeAway(u"work/a");
  Rollback();
  volume_.PutBack();
  Provision("\\work");
  EXPECT_TRUE(HoldsOurs(u"work/a"));
  EXPECT_EQ(VerdictOf("\\work\\a"), "covered");
  EXPECT_EQ(Provision("\\work").changes, 0u);
  Rollback();
  ExpectAsBefore(before_);
}

TEST_F(TombstoneTest, WhatReturnsWhileItIsGrantedAgainBelongsToTheNewGrant) {
  Provision("\\work");
  volume_.TakeAway(u"work/a");
  Rollback();
  // After it was looked for, and before it is scanned; stripped by somebody.
  volume_.SetHook([this, done = false](Call call, const std::u16string& path) mutable {
    if (call != Call::kList || path != u"\\work" || std::exchange(done, true)) return;
    volume_.PutBack();
    volume_.SetDescriptor(u"work/a", "O:BAG:BAD:(A;ID;FA;;;SY)(A;ID;FA;;;BA)");
  });
  Provision("\\work");
  volume_.SetHook({});
  ASSERT_EQ(VerdictOf("\\work\\a"), "covered");
  EXPECT_THAT(Tombstones(), IsEmpty());
  EXPECT_EQ(Provision("\\work").changes, 0u);
  EXPECT_TRUE(HoldsOurs(u"work/a"));
  EXPECT_EQ(Rollback().restored, 4u);
  EXPECT_FALSE(HoldsOurs(u"work/a"));
}

TEST_F(TombstoneTest, EditsThatWereMadeWhileItWasAwayStay) {
  Provision("\\work");
  volume_.TakeAway(u"work/a");
  Rollback();
  volume_.PutBack();
  volume_.SetDescriptor(u"work/a", "O:BAG:BAD:(A;;FR;;;SU)(A;ID;0x1200a9;;;S-1-5-21-11-22-33-1001)(A;ID;FA;;;BA)");
  EXPECT_EQ(Rollback().drifted, 1u);
  EXPECT_EQ(DaclOf(u"work/a"), "D:(A;;FR;;;SU)(A;ID;FA;;;BA)");
}

TEST_F(TombstoneTest, LookingForWhatIsStillGoneWritesNothing) {
  Provision("\\work");
  volume_.TakeAway(u"work/a");
  Rollback();
  const auto rows = Must(Ledger().Stats()).rows_written;
  const auto calls = volume_.Counters().listings + volume_.Counters().descriptor_writes + volume_.Counters().flushes;
  const RollbackReport report = Rollback();
  EXPECT_EQ(report.missing, 1u);
  EXPECT_TRUE(report.complete);
  EXPECT_EQ(Must(Ledger().Stats()).rows_written, rows);
  EXPECT_EQ(volume_.Counters().listings + volume_.Counters().descriptor_writes + volume_.Counters().flushes, calls);
}

TEST_F(TombstoneTest, OfTwoPrincipalsEachTakesItsOwnEntryBack) {
  Provision("\\work");
  GrantRequest other = RequestFor("\\work");
  other.principal = SidOf(kOtherPrincipal);
  Provision(other);
  volume_.TakeAway(u"work/a");
  EXPECT_EQ(Rollback().missing, 2u);
  volume_.PutBack();
  const RollbackReport report = Rollback();
  EXPECT_EQ(report.restored, 2u);
  EXPECT_EQ(report.drifted, 0u);
  ExpectAsBefore(before_);
}

TEST_F(TombstoneTest, ARecordNumberThatIsUsedAgainIsAnotherObject) {
  Provision("\\work");
  volume_.Delete(u"work/a");
  volume_.File(u"work/a", "O:BAG:BAD:(A;ID;0x1200a9;;;S-1-5-21-11-22-33-1001)(A;ID;FA;;;BA)");
  const auto id = volume_.SecurityId(u"work/a");
  Rollback();
  const auto writes = volume_.EffectiveWrites();
  EXPECT_EQ(Rollback().missing, 1u);
  EXPECT_EQ(volume_.EffectiveWrites(), writes);
  EXPECT_NE(id, 0u);
}

TEST_F(TombstoneTest, AnIntentWhoseObjectWentMayHaveBeenWritten) {
  volume_.CrashAfterWrites(3);
  EXPECT_FALSE(
      Engine(MakeEnvironment()).Provision(Must(Engine(MakeEnvironment()).Register(RequestFor("\\work"), notes_))));
  volume_.Restart();
  OpenLedger();
  ASSERT_TRUE(HoldsOurs(u"work/a") || HoldsOurs(u"work/sub"));
  const bool is_file = HoldsOurs(u"work/a");
  volume_.TakeAway(is_file ? u"work/a" : u"work/sub");
  Settle();
  volume_.PutBack();
  EXPECT_TRUE(Rollback().complete);
  ExpectAsBefore(before_);
}

// --- what cannot be written

TEST_F(TombstoneTest, WhatCannotBeOpenedStandsWithItsReasonAndTheRestIsTakenBack) {
  for (const Error& error : {kLocked, kShared}) {
    Provision("\\work");
    Lock(u"work/a", error);
    const RollbackReport report = Rollback();
    EXPECT_EQ(report.restored, 3u) << error.reason;
    EXPECT_EQ(report.failed, 1u);
    EXPECT_FALSE(report.complete);
    EXPECT_FALSE(HoldsOurs(u"work/sub/b"));
    const auto tombstones = Tombstones();
    ASSERT_THAT(tombstones, SizeIs(1));
    EXPECT_EQ(tombstones[0].change.state, ChangeState::kReverting);
    EXPECT_EQ(tombstones[0].path, "\\work\\a");
    EXPECT_EQ(tombstones[0].error.kind, error.kind);
    EXPECT_THAT(tombstones[0].error.reason, HasSubstr(error.reason));
    EXPECT_THAT(Failures(), SizeIs(1));
    volume_.ClearFaults();
    EXPECT_TRUE(Rollback().complete);
    ExpectAsBefore(before_);
    EXPECT_THAT(Tombstones(), IsEmpty());
  }
}

TEST_F(TombstoneTest, TryingAgainWhatStillFailsLooksAtNothingElse) {
  Provision("\\work");
  Lock(u"work/a", kLocked);
  Lock(u"else/c", kLocked, Call::kReadDescriptor);
  Rollback();
  ASSERT_THAT(Failures(), SizeIs(2));
  const auto listings = volume_.Counters().listings.load();
  const RollbackReport again = Rollback();
  EXPECT_EQ(again.failed, 1u);
  EXPECT_EQ(again.remaining, 1u);
  EXPECT_EQ(again.scanned, 0u);
  EXPECT_FALSE(again.complete);
  EXPECT_EQ(volume_.Counters().listings, listings);
  EXPECT_THAT(Failures(), SizeIs(2));
  volume_.ClearFaults();
  volume_.File(u"work/later");
  const RollbackReport last = Rollback();
  EXPECT_TRUE(last.complete);
  EXPECT_EQ(last.scanned, volume_.Paths().size());
}

TEST_F(TombstoneTest, WhatWasNeverSweptIsSweptThoughSomethingFails) {
  Provision("\\work");
  volume_.File(u"work/sub/later");
  Lock(u"work/a", kLocked);
  volume_.SetHook([this](Call call, const std::u16string&) {
    if (call == Call::kList) stop_ = true;
  });
  Rollback();
  volume_.SetHook({});
  stop_ = false;
  ASSERT_TRUE(HoldsOurs(u"work/sub/later"));
  EXPECT_GT(Rollback().scanned, 0u);
  EXPECT_FALSE(HoldsOurs(u"work/sub/later"));
}

TEST_F(TombstoneTest, WhatReturnedAndCannotBeWrittenFailsAndIsTriedAgain) {
  Provision("\\work");
  volume_.TakeAway(u"work/a");
  Rollback();
  volume_.PutBack();
  Lock(u"work/a", kShared);
  const RollbackReport report = Rollback();
  EXPECT_EQ(report.failed, 1u);
  EXPECT_FALSE(report.complete);
  ASSERT_THAT(Failures(), SizeIs(1));
  EXPECT_THAT(Tombstones(), SizeIs(1));
  volume_.ClearFaults();
  EXPECT_EQ(Rollback().restored, 1u);
  ExpectAsBefore(before_);
  EXPECT_THAT(Failures(), IsEmpty());
}

// Answers each question for one id with another object.
class LyingVolume final : public Volume {
 public:
  LyingVolume(Volume& truth, FileId asked, FileId told) : truth_(truth), asked_(asked), told_(told) {}
  const VolumeInfo& Info() const override { return truth_.Info(); }
  Expected<std::unique_ptr<Object>> OpenRoot(Access access) override { return truth_.OpenRoot(access); }
  Expected<std::unique_ptr<Object>> OpenById(const FileId& id, Access access) override {
    return truth_.OpenById(id == asked_ ? told_ : id, access);
  }
  Expected<void> Flush() override { return truth_.Flush(); }
  Expected<void> ProbeDescriptors(Object& folder) override { return truth_.ProbeDescriptors(folder); }

 private:
  Volume& truth_;
  FileId asked_, told_;
};

TEST_F(TombstoneTest, AnotherObjectThatIsGivenForItIsNeverWritten) {
  Provision("\\work");
  const FileId id = volume_.Id(u"work/a");
  volume_.TakeAway(u"work/a");
  Rollback();
  volume_.File(u"else/victim", "O:BAG:BAD:(A;ID;0x1200a9;;;S-1-5-21-11-22-33-1001)(A;ID;FA;;;BA)");
  const auto now = volume_.SecurityIds();
  LyingVolume liar(volume_, id, volume_.Id(u"else/victim"));
  Environment environment{liar, Ledger(), progress_, stop_, 0, batch_};
  const RollbackReport report = Must(Revisit(environment, [](const store::Grant&) { return true; }));
  EXPECT_EQ(report.failed, 1u);
  EXPECT_EQ(report.restored + report.drifted + report.stripped + report.writes, 0u);
  EXPECT_EQ(volume_.SecurityIds(), now);
  ASSERT_THAT(Tombstones(), SizeIs(1));
  EXPECT_EQ(Tombstones()[0].error.kind, ErrorKind::kMismatch);
  volume_.PutBack();
  EXPECT_EQ(Rollback().restored, 1u);
}

// --- kills

TEST_F(TombstoneTest, AKillAtAnyCallOfTheWayBackOfWhatReturnedEndsTheSame) {
  Provision("\\work");
  volume_.TakeAway(u"work/sub");
  Rollback();
  volume_.PutBack();
  const auto after = volume_.SecurityIds();
  const auto folder = volume_.Descriptor(u"work/sub"), file = volume_.Descriptor(u"work/sub/b");
  const std::string kept = LedgerPath() + ".kept";
  CloseLedger();
  std::filesystem::copy_file(LedgerPath(), kept);
  bool killed = true;
  for (unsigned nth = 1; killed; ++nth) {
    ASSERT_LT(nth, 200u);
    CloseLedger();
    for (const char* end : {"", "-wal", "-shm"}) std::filesystem::remove(LedgerPath() + end);
    std::filesystem::copy_file(kept, LedgerPath());
    OpenLedger();
    KillBeforeCall(nth);
    killed = RunAndDie([this] { Rollback(); });
    volume_.LoseUnflushed(nth);  // And a power cut.
    EXPECT_TRUE(Rollback().complete) << nth;
    ExpectAsBefore(before_);
    EXPECT_THAT(Tombstones(), IsEmpty()) << nth;
    // As it was when it returned.
    volume_.SetDescriptor(u"work/sub", folder);
    volume_.SetDescriptor(u"work/sub/b", file);
    ASSERT_EQ(volume_.SecurityIds(), after);
  }
}

// --- given up

TEST_F(TombstoneTest, WhatIsGivenUpIsNotTriedAgainAndNotSilent) {
  Provision("\\work");
  Lock(u"work/a", kLocked);
  Rollback();
  const Dismissed dismissed = Must(Dismiss({.path = "\\WORK\\a"}));
  ASSERT_THAT(dismissed.tombstones, SizeIs(1));
  unsigned tries = 0;
  volume_.SetHook([&](Call call, const std::u16string& path) {
    if (call == Call::kOpenWrite && path == u"\\work\\a") ++tries;
  });
  const RollbackReport report = Rollback();
  EXPECT_TRUE(report.complete);
  EXPECT_EQ(report.dismissed, 1u);
  EXPECT_EQ(report.orphans, 1u);
  EXPECT_EQ(report.failed + report.remaining, 0u);
  EXPECT_EQ(tries, 0u);
  EXPECT_TRUE(Must(Ledger().Grants()).empty());
  EXPECT_TRUE(HoldsOurs(u"work/a"));
  const auto tombstones = Tombstones();
  ASSERT_THAT(tombstones, SizeIs(1));
  EXPECT_EQ(tombstones[0].dismissed_by, "S-1-5-18");
  EXPECT_GE(tombstones[0].dismissed, tombstones[0].since);
}

TEST_F(TombstoneTest, WhatCanBeTakenBackIsNotGivenUp) {
  Provision("\\work");
  const FileId id = volume_.Id(u"work/a");
  EXPECT_EQ(Dismiss({.id = id}).error().kind, ErrorKind::kMismatch);
  EXPECT_EQ(Dismiss({.path = "\\work\\a"}).error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(Dismiss({.id = FileId{1, 2}}).error().kind, ErrorKind::kNotFound);
  volume_.TakeAway(u"work/a");
  Rollback();
  volume_.PutBack();
  EXPECT_EQ(Dismiss({.id = id}).error().kind, ErrorKind::kMismatch);
  EXPECT_EQ(Tombstones()[0].change.state, ChangeState::kMissing);
}

TEST_F(TombstoneTest, AllThatIsMissingIsGivenUpButForWhatReturned) {
  Provision("\\work");
  Lock(u"work/sub/b", kLocked);
  volume_.TakeAway(u"work");
  EXPECT_EQ(Rollback().missing, 4u);
  volume_.PutBack();
  volume_.TakeAway(u"work/a");
  const Dismissed dismissed = Must(Dismiss({}));
  EXPECT_EQ(dismissed.returned, 3u);
  ASSERT_THAT(dismissed.tombstones, SizeIs(1));
  EXPECT_EQ(dismissed.tombstones[0].path, "\\work\\a");
  EXPECT_THAT(Must(Dismiss({})).tombstones, IsEmpty());
}

TEST_F(TombstoneTest, NobodyGivesUpWhatIsNotHisToSpeakOf) {
  Provision("\\work");
  const FileId id = volume_.Id(u"work/a");
  volume_.TakeAway(u"work/a");
  Rollback();
  const GrantFilter no = [](const store::Grant&) { return false; };
  const auto refused = Dismiss({.path = "\\work\\a", .may = no});
  const auto nothing = Dismiss({.path = "\\work\\none"});
  EXPECT_EQ(refused.error().reason, nothing.error().reason);
  EXPECT_EQ(Dismiss({.id = id, .may = no}).error().kind, ErrorKind::kNotFound);
  EXPECT_THAT(Must(Dismiss({.may = no})).tombstones, IsEmpty());
  EXPECT_EQ(Tombstones()[0].change.state, ChangeState::kMissing);
}

TEST_F(TombstoneTest, WhatWasGivenUpAndReturnsIsToldByVerify) {
  Provision("\\work");
  volume_.TakeAway(u"work/a");
  Rollback();
  Must(Dismiss({}));
  EXPECT_EQ(Verify().orphans, 0u);
  volume_.PutBack();
  const VerifyReport report = Verify();
  EXPECT_EQ(report.orphans, 1u);
  EXPECT_THAT(report.orphan_examples, ElementsAre("\\work\\a"));
  EXPECT_EQ(Rollback().restored, 0u);
  EXPECT_TRUE(HoldsOurs(u"work/a"));
}

TEST_F(TombstoneTest, WhatWasGivenUpIsGrantedAndTakenBackLikeAnythingElse) {
  Provision("\\work");
  volume_.TakeAway(u"work/a");
  Rollback();
  Must(Dismiss({}));
  volume_.PutBack();
  volume_.SetDescriptor(u"work/a", "O:BAG:BAD:(A;ID;FA;;;SY)(A;ID;FA;;;BA)");
  Provision("\\work");
  ASSERT_TRUE(HoldsOurs(u"work/a"));
  const RollbackReport report = Rollback();
  EXPECT_EQ(report.restored, 4u);
  EXPECT_EQ(report.orphans, 0u);
  EXPECT_FALSE(HoldsOurs(u"work/a"));
}

}  // namespace
}  // namespace acledger::scanner
