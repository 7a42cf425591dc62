// SPDX-License-Identifier: MIT
// What could not be taken back stays recorded until it can be, or until a person gives it up.
#include "store/schema.h"
#include "store/sqlite/database.h"
#include "tests/store/ledger_fixture.h"

namespace acledger::store {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::array kStanding{ChangeState::kReverting, ChangeState::kMissing, ChangeState::kDismissed};

class Tombstones : public LedgerTest {
 protected:
  Tombstones() : ledger_(Open()), grant_(Take(ledger_->AddGrant(MakeGrant()))) {}

  // A change that is being taken back.
  Change Reverting(std::uint64_t id) const {
    Change change;
    change.grant = grant_;
    change.folder = 1;
    change.name = "file " + std::to_string(id);
    change.file_id = {id, 0};
    EXPECT_THAT(ledger_->RecordIntents({&change, 1}), IsOk());
    EXPECT_THAT(ledger_->RecordReverts({&change, 1}), IsOk());
    return change;
  }
  void Set(const Change& change, ChangeState state) const {
    ASSERT_THAT(ledger_->RecordResults(std::array{ChangeResult{change.id, state}}), IsOk());
  }
  Tombstone Bury(const Change& change, std::int64_t since = 1000) const {
    Tombstone tombstone;
    tombstone.change = change;
    tombstone.path = "\\Users\\dev\\" + change.name;
    tombstone.right = "WRITE_DAC";
    tombstone.error = {ErrorKind::kDenied, "open", {}, 5, "access is denied"};
    tombstone.since = since;
    EXPECT_THAT(ledger_->AddTombstone(tombstone), IsOk());
    return tombstone;
  }
  std::vector<Tombstone> All() const { return Take(ledger_->Tombstones(kStanding)); }

  std::unique_ptr<Ledger> ledger_;
  GrantId grant_;
};

TEST_F(Tombstones, ComeBackAsTheyWereRecorded) {
  const Change change = Reverting(7);
  Bury(change);
  ledger_.reset();
  ledger_ = Open();
  const auto all = All();
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0].change.id, change.id);
  EXPECT_EQ(all[0].change.grant, grant_);
  EXPECT_EQ(all[0].change.file_id, (FileId{7, 0}));
  EXPECT_EQ(all[0].change.state, ChangeState::kReverting);
  EXPECT_EQ(all[0].path, "\\Users\\dev\\file 7");
  EXPECT_EQ(all[0].right, "WRITE_DAC");
  EXPECT_EQ(all[0].error.kind, ErrorKind::kDenied);
  EXPECT_EQ(all[0].error.operation, "open");
  EXPECT_EQ(all[0].error.code, 5u);
  EXPECT_EQ(all[0].error.reason, "access is denied");
  EXPECT_EQ(all[0].since, 1000);
  EXPECT_FALSE(all[0].proved);
  EXPECT_EQ(all[0].dismissed, 0);
}

TEST_F(Tombstones, KeepSinceWhenAndWhereAndTakeTheNewError) {
  const Change change = Reverting(7);
  Tombstone tombstone = Bury(change);
  tombstone.path = "elsewhere";
  tombstone.since = 2000;
  tombstone.error = {ErrorKind::kNotFound, "open", {}, 2, "gone"};
  ASSERT_THAT(ledger_->AddTombstone(tombstone), IsOk());
  const auto all = All();
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0].path, "\\Users\\dev\\file 7");
  EXPECT_EQ(all[0].since, 1000);
  EXPECT_EQ(all[0].error.kind, ErrorKind::kNotFound);
  EXPECT_EQ(all[0].error.reason, "gone");
}

TEST_F(Tombstones, AreFoundByStateAndCountedByGrant) {
  const Change missing = Reverting(1), unreachable = Reverting(2), other = Reverting(3);
  for (const Change& change : {missing, unreachable, other}) Bury(change);
  Set(missing, ChangeState::kMissing);
  ASSERT_THAT(ledger_->Dismiss(other.id, "S-1-5-18", 3000), IsOk());
  EXPECT_THAT(Take(ledger_->Tombstones(std::array{ChangeState::kMissing})), SizeIs(1));
  EXPECT_THAT(All(), SizeIs(3));
  const auto counts = Take(ledger_->CountTombstones());
  ASSERT_THAT(counts, SizeIs(1));
  EXPECT_EQ(counts[0].grant, grant_);
  EXPECT_EQ(counts[0].missing, 1u);
  EXPECT_EQ(counts[0].unreachable, 1u);
  EXPECT_EQ(counts[0].dismissed, 1u);
}

TEST_F(Tombstones, OfWhatIsAppliedAgainAreGone) {
  const Change change = Reverting(1), other = Reverting(2);
  Bury(change);
  Bury(other);
  Set(change, ChangeState::kApplied);
  Set(change, ChangeState::kReverting);  // Later, and not failed yet.
  EXPECT_THAT(All(), SizeIs(1));
}

TEST_F(Tombstones, OfWhatWasTakenBackGoWithIt) {
  const Change change = Reverting(1);
  Bury(change);
  Set(change, ChangeState::kReverted);
  EXPECT_THAT(All(), IsEmpty());
  EXPECT_THAT(Take(ledger_->CountTombstones()), IsEmpty());
  EXPECT_THAT(Take(ledger_->Tombstones(std::array{ChangeState::kReverted})), SizeIs(1)) << "the volume may lose it";
  ASSERT_THAT(ledger_->FinalizeFlushed(), IsOk());
  ASSERT_THAT(ledger_->Purge(grant_), IsOk());
  // Its number is given again.
  const Change next = Reverting(2);
  ASSERT_EQ(next.id, change.id);
  EXPECT_THAT(All(), IsEmpty());
}

TEST_F(Tombstones, GoWithTheirChangesToAnotherGrantUnlessTheyAreDismissed) {
  const GrantId other = Take(ledger_->AddGrant(MakeGrant("\\else")));
  const Change missing = Reverting(1), dismissed = Reverting(2);
  Bury(missing);
  Bury(dismissed);
  Set(missing, ChangeState::kMissing);
  ASSERT_THAT(ledger_->Dismiss(dismissed.id, "S-1-5-18", 3000), IsOk());
  ASSERT_THAT(ledger_->MoveChanges(grant_, other), IsOk());
  const auto all = All();
  ASSERT_THAT(all, SizeIs(2));
  EXPECT_EQ(all[0].change.grant, other);
  EXPECT_EQ(all[1].change.grant, grant_);
}

TEST_F(Tombstones, AreMarkedAsProvedByGrant) {
  Grant another = MakeGrant("\\else");
  const GrantId other_grant = Take(ledger_->AddGrant(another));
  const Change change = Reverting(1), missing = Reverting(2);
  Bury(change);
  Bury(missing);
  Set(missing, ChangeState::kMissing);
  ASSERT_THAT(ledger_->MarkProved(other_grant), IsOk());
  EXPECT_FALSE(All()[0].proved);
  ASSERT_THAT(ledger_->MarkProved(grant_), IsOk());
  EXPECT_TRUE(All()[0].proved);
  EXPECT_FALSE(All()[1].proved);
}

TEST_F(Tombstones, AreDismissedOnceWithWhoAndWhen) {
  const Change change = Reverting(1);
  Bury(change);
  ASSERT_THAT(ledger_->Dismiss(change.id, "S-1-5-18", 3000), IsOk());
  EXPECT_THAT(ledger_->Dismiss(change.id, "another", 4000), FailsWith(ErrorKind::kNotFound));
  const auto all = Take(ledger_->Tombstones(std::array{ChangeState::kDismissed}));
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0].dismissed_by, "S-1-5-18");
  EXPECT_EQ(all[0].dismissed, 3000);
  EXPECT_THAT(Take(ledger_->LiveChangesOf({1, 0})), IsEmpty());
  ASSERT_THAT(ledger_->Purge(grant_), IsOk());
  EXPECT_THAT(All(), SizeIs(1));
}

TEST_F(Tombstones, AreNotThereForWhatDidNotFail) {
  const Change change = Reverting(1);
  EXPECT_THAT(ledger_->Dismiss(change.id, "S-1-5-18", 3000), FailsWith(ErrorKind::kNotFound));
  Set(change, ChangeState::kFinal);
  EXPECT_THAT(ledger_->Dismiss(change.id, "S-1-5-18", 3000), FailsWith(ErrorKind::kNotFound));
  EXPECT_THAT(Take(ledger_->LiveChangesOf({1, 0})), ElementsAre(Field(&Change::state, ChangeState::kFinal)));
}

TEST_F(Tombstones, WithAnErrorThatIsNeverStoredAreRefused) {
  Bury(Reverting(1));
  ledger_.reset();
  RunSql("ledger.db", "UPDATE tombstone SET kind = 99");
  EXPECT_THAT(Open(Reader())->Tombstones(kStanding), FailsWith(ErrorKind::kCorrupt, "tombstone.kind"));
}

class TombstonesOfAnOlderLedger : public LedgerTest {};

TEST_F(TombstonesOfAnOlderLedger, AreNoneAndItsChangesStayAsTheyWere) {
  {
    const auto database = Take(sqlite::Database::Open(path_, sqlite::OpenMode::kCreate));
    ASSERT_TRUE(Take(Migrate(*database, Migrations().first(4))));
    // One in each state that it knew.
    const std::string rows = "INSERT INTO volume(id, serial, name) VALUES(1, " + std::to_string(kSerial) +
                             ", 'test.img'); INSERT INTO change WITH RECURSIVE n(v) AS (VALUES(0) UNION ALL SELECT v + "
                             "1 FROM n WHERE v < 6) "
                             "SELECT v + 1, 1, 1, 'x', v + 1, 0, 0, 1, 1, 2, 2, 1, v, v < 4 FROM n";
    ASSERT_THAT(database->Execute(rows.c_str(), "test"), IsOk());
  }
  const auto ledger = Open();
  EXPECT_EQ(ledger->Outcome(), OpenOutcome::kMigrated);
  EXPECT_THAT(Take(ledger->Tombstones(kStanding)), IsEmpty());
  const auto changes = Take(ledger->Changes(
      1, std::array{ChangeState::kIntent, ChangeState::kReverting, ChangeState::kUndone, ChangeState::kAbandoned}));
  EXPECT_THAT(changes, SizeIs(4));
  // What was being taken back can fail, and be given up, as in a new one.
  Tombstone tombstone;
  tombstone.change.id = 4;
  ASSERT_THAT(ledger->AddTombstone(tombstone), IsOk());
  EXPECT_THAT(ledger->Dismiss(4, "S-1-5-18", 1), IsOk());
  EXPECT_THAT(ledger->Dismiss(3, "S-1-5-18", 1), FailsWith(ErrorKind::kNotFound));
}

}  // namespace
}  // namespace acledger::store
