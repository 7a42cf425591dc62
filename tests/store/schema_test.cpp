// SPDX-License-Identifier: MIT
#include "store/schema.h"

#include "store/rows.h"
#include "tests/store/ledger_fixture.h"

namespace acledger::store {
namespace {

using sqlite::Database;

constexpr Migration kOne{1, "CREATE TABLE a(x)"};
constexpr Migration kTwo{2, "ALTER TABLE a ADD COLUMN y DEFAULT 7; UPDATE a SET x = x + 1"};
constexpr Migration kThree{3, "CREATE TABLE b(z)"};
constexpr Migration kThreeFails{3, "CREATE TABLE b(z); INSERT INTO nowhere VALUES(1)"};

class Schema : public LedgerTest {
 protected:
  Schema() : database_(Take(Database::Open(path_, sqlite::OpenMode::kCreate))) {}

  std::int64_t Number(const char* sql) const { return Take(database_->Number(sql)); }

  std::unique_ptr<Database> database_;
};

TEST_F(Schema, IsMadeStepByStep) {
  EXPECT_TRUE(Take(Migrate(*database_, std::array{kOne, kTwo, kThree})));
  EXPECT_EQ(Number("PRAGMA user_version"), 3);
  EXPECT_EQ(Number("PRAGMA application_id"), kApplicationId);
  EXPECT_EQ(Number("SELECT count(*) FROM sqlite_schema"), 2);
}

TEST_F(Schema, RunsOnlyTheStepsThatAreMissing) {
  Take(Migrate(*database_, std::array{kOne}));
  ASSERT_THAT(database_->Execute("INSERT INTO a VALUES(1)", "test"), IsOk());
  EXPECT_TRUE(Take(Migrate(*database_, std::array{kOne, kTwo})));
  EXPECT_EQ(Number("SELECT x FROM a"), 2);
  EXPECT_EQ(Number("SELECT y FROM a"), 7);
}

TEST_F(Schema, IsLeftAloneWhenItIsCurrent) {
  Take(Migrate(*database_, std::array{kOne}));
  const auto changed = database_->TotalChanged();
  EXPECT_FALSE(Take(Migrate(*database_, std::array{kOne})));
  EXPECT_EQ(database_->TotalChanged(), changed);
}

TEST_F(Schema, StaysAsItWasWhenAStepFails) {
  Take(Migrate(*database_, std::array{kOne}));
  ASSERT_THAT(database_->Execute("INSERT INTO a VALUES(1)", "test"), IsOk());
  EXPECT_THAT(Migrate(*database_, std::array{kOne, kTwo, kThreeFails}), FailsWith(ErrorKind::kIo, "nowhere"));
  EXPECT_EQ(Number("PRAGMA user_version"), 1);
  EXPECT_EQ(Number("SELECT x FROM a"), 1);
  EXPECT_FALSE(database_->InTransaction());
}

TEST_F(Schema, IsNotTurnedBackFromANewerOne) {
  Take(Migrate(*database_, std::array{kOne, kTwo, kThree}));
  EXPECT_THAT(Migrate(*database_, std::array{kOne, kTwo}), FailsWith(ErrorKind::kUnsupported, "version 3"));
  EXPECT_EQ(Number("PRAGMA user_version"), 3);
}

TEST_F(Schema, StepsAreNumberedWithoutAGap) {
  int expected = 1;
  for (const Migration& step : Migrations()) EXPECT_EQ(step.to, expected++);
  EXPECT_EQ(CurrentVersion(), expected - 1);
}

TEST_F(Schema, OfThisProgramPassesItsOwnCheck) {
  Take(Migrate(*database_, Migrations()));
  EXPECT_THAT(CheckSchema(*database_), IsOk());
}

// --- what is packed into a row

TEST(Status, GivesBackEveryCombination) {
  for (int reason = 0; reason <= static_cast<int>(Reason::kNotRequesters); ++reason) {
    for (std::size_t verdict = 0; verdict < kVerdicts; ++verdict) {
      for (const bool is_folder : {false, true}) {
        Node node = MakeNode("x", 1, static_cast<Verdict>(verdict));
        node.reason = static_cast<Reason>(reason);
        node.is_folder = is_folder;
        node.has_links = !is_folder;
        Node read = MakeNode("x", 1);
        ASSERT_TRUE(UnpackStatus(PackStatus(node), read));
        EXPECT_EQ(read, node);
      }
    }
  }
}

TEST(Status, RefusesWhatIsNeverStored) {
  Node node;
  EXPECT_FALSE(UnpackStatus(-1, node));
  EXPECT_FALSE(UnpackStatus(19 << 5, node));
  EXPECT_FALSE(UnpackStatus(std::int64_t{1} << 40, node));
}

TEST(Names, AreOrderedWithoutRegardToAsciiCaseFirst) {
  const std::vector<std::string> ordered{"", "A", "a", "A_", "ab", "B", "\xC3\x89", "\xC3\xA9"};
  for (std::size_t i = 0; i < ordered.size(); ++i) {
    for (std::size_t j = 0; j < ordered.size(); ++j) {
      EXPECT_EQ(NameLess(ordered[i], ordered[j]), i < j) << ordered[i] << " " << ordered[j];
    }
  }
}

TEST(Names, OfEveryVerdictReasonAndStateAreTold) {
  EXPECT_STREQ(Name(Verdict::kUnknown), "unknown");
  EXPECT_STREQ(Name(Verdict::kFailed), "failed");
  EXPECT_STREQ(Name(Reason::kSensitive), "sensitive name");
  EXPECT_STREQ(Name(GrantState::kRollingBack), "rolling back");
}

TEST(Counts, AddUp) {
  Counts counts, more;
  counts[Verdict::kReadable] = 2;
  more[Verdict::kReadable] = 3;
  more[Verdict::kFailed] = 4;
  counts += more;
  EXPECT_EQ(counts[Verdict::kReadable], 5u);
  EXPECT_EQ(counts.Objects(), 9u);
}

}  // namespace
}  // namespace acledger::store
