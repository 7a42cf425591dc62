// SPDX-License-Identifier: MIT
#include "tests/store/ledger_fixture.h"

namespace acledger::store {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::array kAllStates{ChangeState::kIntent,    ChangeState::kApplied,  ChangeState::kFinal,
                                ChangeState::kReverting, ChangeState::kReverted, ChangeState::kUndone,
                                ChangeState::kAbandoned, ChangeState::kMissing,  ChangeState::kDismissed};

class Changes : public LedgerTest {
 protected:
  Changes() : ledger_(Open()), grant_(Take(ledger_->AddGrant(MakeGrant()))) {}

  Change Make(std::uint64_t id, FolderId folder = 1) const {
    Change change;
    change.grant = grant_;
    change.folder = folder;
    change.name = "file " + std::to_string(id);
    change.file_id = {id, 0};
    change.original = change.before = 3;
    change.after = 4;
    return change;
  }
  std::vector<Change> Record(std::vector<Change> changes) const {
    EXPECT_THAT(ledger_->RecordIntents(changes), IsOk());
    return changes;
  }
  void Set(const std::vector<Change>& changes, ChangeState state) const {
    std::vector<ChangeResult> results;
    for (const Change& change : changes) results.push_back({change.id, state});
    ASSERT_THAT(ledger_->RecordResults(results), IsOk());
  }
  std::vector<ChangeState> States() const {
    std::vector<ChangeState> states;
    for (const Change& change : Take(ledger_->ChangesAfter(grant_, kAllStates, 0, 1000)))
      states.push_back(change.state);
    return states;
  }

  std::unique_ptr<Ledger> ledger_;
  GrantId grant_;
};

TEST_F(Changes, ComeBackAsTheyWereRecorded) {
  Change change = Make(9, 12);
  change.name = "odd\xED\xB0\x80";
  change.file_id.high = 0xFFFFFFFFFFFFFFFF;
  change.is_folder = true;
  change.entry_flags = 0x13;
  change.original = 5;
  const Change recorded = Record({change})[0];
  EXPECT_GT(recorded.id, 0);

  ledger_.reset();
  const auto changes = Take(Open()->Changes(grant_, kAllStates));

  ASSERT_THAT(changes, SizeIs(1));
  EXPECT_EQ(changes[0].id, recorded.id);
  EXPECT_EQ(changes[0].grant, grant_);
  EXPECT_EQ(changes[0].folder, 12);
  EXPECT_EQ(changes[0].name, change.name);
  EXPECT_EQ(changes[0].file_id, change.file_id);
  EXPECT_TRUE(changes[0].is_folder);
  EXPECT_EQ(changes[0].entry_flags, 0x13);
  EXPECT_EQ(changes[0].original, 5);
  EXPECT_EQ(changes[0].before, 3);
  EXPECT_EQ(changes[0].after, 4);
  EXPECT_EQ(changes[0].state, ChangeState::kIntent);
}

TEST_F(Changes, AreFoundByEachStateAlone) {
  for (std::size_t i = 0; i < kAllStates.size(); ++i) Set(Record({Make(i + 1)}), kAllStates[i]);

  for (const ChangeState state : kAllStates) {
    EXPECT_THAT(Take(ledger_->Changes(grant_, {&state, 1})), ElementsAre(Field(&Change::state, state)));
    EXPECT_THAT(Take(ledger_->GrantsWith({&state, 1})), ElementsAre(grant_));
  }
  EXPECT_THAT(Take(ledger_->Changes(grant_, kAllStates)), SizeIs(kAllStates.size()));
}

TEST_F(Changes, AreOrderedByFolder) {
  const auto recorded = Record({Make(1, 7), Make(2, 3), Make(3, 7), Make(4, 3)});
  std::vector<ChangeId> ids;
  for (const Change& change : Take(ledger_->Changes(grant_, kAllStates))) ids.push_back(change.id);
  EXPECT_THAT(ids, ElementsAre(recorded[1].id, recorded[3].id, recorded[0].id, recorded[2].id));
}

TEST_F(Changes, CanBeReadByAndBy) {
  const auto recorded = Record({Make(1, 7), Make(2, 3), Make(3, 7)});
  const auto first = Take(ledger_->ChangesAfter(grant_, kAllStates, 0, 2));
  ASSERT_THAT(first, SizeIs(2));
  EXPECT_EQ(first[0].id, recorded[0].id);
  const auto rest = Take(ledger_->ChangesAfter(grant_, kAllStates, first[1].id, 2));
  EXPECT_THAT(rest, ElementsAre(Field(&Change::id, recorded[2].id)));
}

TEST_F(Changes, AreFoundByState) {
  const auto recorded = Record({Make(1), Make(2), Make(3)});
  Set({recorded[0]}, ChangeState::kApplied);
  Set({recorded[2]}, ChangeState::kAbandoned);
  EXPECT_THAT(Take(ledger_->Changes(grant_, std::array{ChangeState::kIntent, ChangeState::kAbandoned})),
              ElementsAre(Field(&Change::id, recorded[1].id), Field(&Change::id, recorded[2].id)));
  EXPECT_THAT(Take(ledger_->Changes(grant_ + 1, kAllStates)), IsEmpty());
}

TEST_F(Changes, TakeResultsInAnyOrder) {
  const auto recorded = Record({Make(1), Make(2), Make(3), Make(4), Make(5)});
  const std::vector<ChangeResult> results{{recorded[3].id, ChangeState::kApplied},
                                          {recorded[4].id, ChangeState::kApplied},
                                          {recorded[0].id, ChangeState::kApplied},
                                          {recorded[2].id, ChangeState::kAbandoned}};
  ASSERT_THAT(ledger_->RecordResults(results), IsOk());
  EXPECT_THAT(States(), ElementsAre(ChangeState::kApplied, ChangeState::kIntent, ChangeState::kAbandoned,
                                    ChangeState::kApplied, ChangeState::kApplied));
}

TEST_F(Changes, RefuseAResultForNoneOfThem) {
  const auto recorded = Record({Make(1), Make(2)});
  const std::vector<ChangeResult> results{{recorded[1].id, ChangeState::kApplied},
                                          {recorded[1].id + 1, ChangeState::kApplied}};
  EXPECT_THAT(ledger_->RecordResults(results), FailsWith(ErrorKind::kNotFound));
  EXPECT_THAT(States(), ElementsAre(ChangeState::kIntent, ChangeState::kIntent));
}

TEST_F(Changes, BecomeFinalWhenTheVolumeWasFlushed) {
  const auto recorded = Record({Make(1), Make(2), Make(3)});
  Set({recorded[0], recorded[1]}, ChangeState::kApplied);
  ASSERT_THAT(ledger_->FinalizeFlushed(), IsOk());
  EXPECT_THAT(States(), ElementsAre(ChangeState::kFinal, ChangeState::kFinal, ChangeState::kIntent));

  Set({recorded[2]}, ChangeState::kApplied);
  Set({recorded[0]}, ChangeState::kReverted);
  ASSERT_THAT(ledger_->FinalizeFlushed(), IsOk());
  EXPECT_THAT(States(), ElementsAre(ChangeState::kUndone, ChangeState::kFinal, ChangeState::kFinal));
}

TEST_F(Changes, OfAnEarlierRunBecomeFinalToo) {
  const auto recorded = Record({Make(1)});
  Set(recorded, ChangeState::kApplied);
  ledger_.reset();
  ledger_ = Open();
  ASSERT_THAT(ledger_->FinalizeFlushed(), IsOk());
  EXPECT_THAT(States(), ElementsAre(ChangeState::kFinal));
}

TEST_F(Changes, BecomeFinalAfterAFinalizationThatWasRolledBack) {
  const auto recorded = Record({Make(1)});
  ASSERT_THAT(ledger_->FinalizeFlushed(), IsOk());
  Set(recorded, ChangeState::kApplied);
  (void)ledger_->InTransaction([&]() -> Expected<void> {
    EXPECT_THAT(ledger_->FinalizeFlushed(), IsOk());
    return Fail(ErrorKind::kIo, "commit", "as the test wants");
  });
  EXPECT_THAT(States(), ElementsAre(ChangeState::kApplied));
  ASSERT_THAT(ledger_->FinalizeFlushed(), IsOk());
  EXPECT_THAT(States(), ElementsAre(ChangeState::kFinal));
}

TEST_F(Changes, WriteNothingWhenThereIsNothingToFinalize) {
  Set(Record({Make(1)}), ChangeState::kApplied);
  ASSERT_THAT(ledger_->FinalizeFlushed(), IsOk());
  const auto before = Take(ledger_->Stats());
  ASSERT_THAT(ledger_->FinalizeFlushed(), IsOk());
  const auto after = Take(ledger_->Stats());
  EXPECT_EQ(after.rows_written, before.rows_written);
  EXPECT_EQ(after.transactions, before.transactions);
}

TEST_F(Changes, KeepWhatTheyAreRevertedFromAndTo) {
  auto recorded = Record({Make(1)});
  Set(recorded, ChangeState::kFinal);
  recorded[0].revert_from = 8;
  recorded[0].revert_to = 3;
  ASSERT_THAT(ledger_->RecordReverts(recorded), IsOk());
  EXPECT_THAT(
      Take(ledger_->Changes(grant_, std::array{ChangeState::kReverting})),
      ElementsAre(AllOf(Field(&Change::revert_from, 8), Field(&Change::revert_to, 3), Field(&Change::after, 4))));
}

TEST_F(Changes, RefuseToRevertOneThatIsNotThere) {
  Change none = Make(1);
  none.id = 77;
  EXPECT_THAT(ledger_->RecordReverts(std::array{none}), FailsWith(ErrorKind::kNotFound));
}

TEST_F(Changes, OfAnObjectAreFoundWhileTheyLive) {
  const std::array kLive{ChangeState::kIntent, ChangeState::kApplied, ChangeState::kFinal, ChangeState::kReverting,
                         ChangeState::kMissing};
  for (const ChangeState state : kAllStates) {
    const auto recorded = Record({Make(100 + static_cast<std::uint64_t>(state))});
    Set(recorded, state);
    const bool live = std::ranges::find(kLive, state) != kLive.end();
    EXPECT_THAT(Take(ledger_->LiveChangesOf(recorded[0].file_id)), SizeIs(live ? 1 : 0)) << static_cast<int>(state);
  }
}

TEST_F(Changes, OfAnObjectComeOldestFirst) {
  const auto first = Record({Make(5), Make(6)});
  const auto second = Record({Make(5)});
  Set(first, ChangeState::kApplied);
  EXPECT_THAT(Take(ledger_->LiveChangesOf({5, 0})),
              ElementsAre(Field(&Change::id, first[0].id), Field(&Change::id, second[0].id)));
  EXPECT_THAT(Take(ledger_->LiveChangesOf({5, 1})), IsEmpty());
}

TEST_F(Changes, ThatWereUndoneLiveAgainWhenRevertingIsWishedAnew) {
  auto recorded = Record({Make(1)});
  Set(recorded, ChangeState::kReverted);
  ASSERT_THAT(ledger_->RecordReverts(recorded), IsOk());
  EXPECT_THAT(Take(ledger_->LiveChangesOf({1, 0})), SizeIs(1));
}

// After a power cut: the object holds our entry again, or still.
TEST_F(Changes, ThatWereRevertedLiveAgainWhenTheyAreFoundApplied) {
  for (const ChangeState state : {ChangeState::kReverted, ChangeState::kAbandoned}) {
    const auto recorded = Record({Make(1 + static_cast<std::uint64_t>(state))});
    Set(recorded, state);
    Set(recorded, ChangeState::kApplied);
    EXPECT_THAT(Take(ledger_->LiveChangesOf(recorded[0].file_id)), SizeIs(1));
  }
}

TEST_F(Changes, TakeANewAfter) {
  const auto recorded = Record({Make(1)});
  ASSERT_THAT(ledger_->SetAfter(recorded[0].id, 44), IsOk());
  EXPECT_EQ(Take(ledger_->LiveChangesOf({1, 0}))[0].after, 44);
}

TEST_F(Changes, ArePurgedOnceNothingOfThemIsLeft) {
  for (const ChangeState state : kAllStates) Set(Record({Make(static_cast<std::uint64_t>(state) + 1)}), state);
  ASSERT_THAT(ledger_->Purge(grant_ + 1), IsOk());
  EXPECT_THAT(States(), SizeIs(kAllStates.size()));

  ASSERT_THAT(ledger_->Purge(grant_), IsOk());

  EXPECT_THAT(States(),
              ElementsAre(ChangeState::kIntent, ChangeState::kApplied, ChangeState::kFinal, ChangeState::kReverting,
                          ChangeState::kReverted, ChangeState::kMissing, ChangeState::kDismissed));
}

TEST_F(Changes, OfAStateThatIsNeverStoredAreRefused) {
  Record({Make(1)});
  ledger_.reset();
  for (const char* state : {"9", "60", "66", "-1"}) {
    RunSql("ledger.db", std::string("UPDATE change SET state = ") + state);
    const auto reader = Open(Reader());
    EXPECT_THAT(reader->LiveChangesOf({1, 0}), FailsWith(ErrorKind::kCorrupt, "change.state"));
    EXPECT_THAT(reader->Changes(grant_, std::array{ChangeState::kFinal}), FailsWith(ErrorKind::kCorrupt)) << state;
    EXPECT_THAT(reader->ChangesAfter(grant_, std::array{ChangeState::kFinal}, 0, 9), FailsWith(ErrorKind::kCorrupt));
  }
}

}  // namespace
}  // namespace acledger::store
