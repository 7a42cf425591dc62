// SPDX-License-Identifier: MIT
#include "store/carried.h"

#include "store/schema.h"
#include "store/sqlite/database.h"
#include "tests/store/ledger_fixture.h"

namespace acledger::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::uint64_t kHere = 0x77;

class Carried : public LedgerTest {
 protected:
  Carried() : seed_(PathTo("seed")) {
    const auto ledger = Open();
    const GrantId grant = Take(ledger->AddGrant(MakeGrant()));
    Holder holder;
    holder.grant = grant;
    holder.process = 7;
    Take(ledger->AddHolder(holder));
    Take(ledger->SetSetting("paused", "yes"));
    Take(ledger->SetSetting(kCarriedFolder, "yes"));
    EXPECT_THAT(ledger->ExportTo(seed_), IsOk());
    path_ = PathTo("here.db");
  }

  static OpenOptions Here(std::uint64_t serial = kHere) {
    OpenOptions options;
    options.volume_serial = serial;
    options.volume_name = "C:";
    return options;
  }
  std::unique_ptr<Ledger> Adopt(std::uint64_t serial = kHere) {
    EXPECT_THAT(PrepareSeed(seed_, Here(serial)), IsOk());
    OpenOptions options = Here(serial);
    options.seed = seed_;
    return Open(options);
  }

  std::string seed_;
};

TEST_F(Carried, IsOneFileWithoutALog) {
  EXPECT_THAT(FilesInFolder(), ElementsAre("ledger.db", "ledger.db.lock", "seed"));
}

TEST_F(Carried, BecomesTheLedgerOfThisVolumeAndSaysThatItIsNotAskedYet) {
  const auto ledger = Adopt();
  EXPECT_EQ(ledger->Outcome(), OpenOutcome::kAdopted);
  EXPECT_EQ(Take(ledger->Setting(kAdoption)), kOtherVolume);
  EXPECT_EQ(Take(ledger->VolumeName()), "C:");
  ASSERT_THAT(Take(ledger->Grants()), SizeIs(1));
  EXPECT_TRUE(Take(ledger->Grants())[0].is_stale);
  EXPECT_THAT(FilesInFolder(), testing::Not(testing::Contains("seed")));
}

TEST_F(Carried, KnowsItsOwnVolumeByTheSerialNumber) {
  EXPECT_EQ(Take(Adopt(kSerial)->Setting(kAdoption)), kSameVolume);
}

TEST_F(Carried, IsAdoptedByPathToTheEndWhereverThatIs) {
  for (const char* how_far : {kByPath, kOtherVolume}) {
    std::filesystem::remove(seed_);
    {
      const auto ledger = Open(Here(kSerial));
      Take(ledger->SetSetting(kAdoption, how_far));
      EXPECT_THAT(ledger->ExportTo(seed_), IsOk());
    }
    for (const char* companion : {"", "-wal", "-shm"}) std::filesystem::remove(path_ + companion);
    EXPECT_EQ(Take(Adopt(kSerial)->Setting(kAdoption)), how_far);
  }
}

TEST_F(Carried, ForgetsProcessesAndSettingsOfElsewhere) {
  const auto ledger = Adopt();
  EXPECT_THAT(Take(ledger->Holders()), IsEmpty());
  EXPECT_EQ(Take(ledger->Setting("paused")), "");
  EXPECT_EQ(Take(ledger->Setting(kCarriedFolder)), "yes");
}

TEST_F(Carried, TakesThePlaceOfALedgerThatNeverKnewAGrant) {
  Open(Here()).reset();
  EXPECT_TRUE(Take(HasNoLedger(path_)));
  EXPECT_EQ(Adopt()->Outcome(), OpenOutcome::kAdopted);
}

TEST_F(Carried, LeavesALedgerThatKnowsAGrantAlone) {
  Grant own = MakeGrant("\\own");
  own.state = GrantState::kRolledBack;
  Take(Open(Here())->AddGrant(own));
  EXPECT_FALSE(Take(HasNoLedger(path_)));
  const auto ledger = Adopt();
  EXPECT_EQ(ledger->Outcome(), OpenOutcome::kOpened);
  EXPECT_EQ(Take(ledger->AllGrants())[0].root, "\\own");
}

TEST_F(Carried, DoesNotTakeThePlaceOfALedgerThatReplacedADamagedOne) {
  WriteFile("here.db", "");
  ASSERT_EQ(Open(Here())->Outcome(), OpenOutcome::kMovedAside);
  EXPECT_FALSE(Take(HasNoLedger(path_)));
  const auto ledger = Adopt();
  EXPECT_EQ(ledger->Outcome(), OpenOutcome::kOpened);
  EXPECT_TRUE(ledger->ReplacesDamaged());
}

TEST_F(Carried, WhatAKilledProgramLeftBesideItsPlaceGoes) {
  WriteFile("here.db.carried-1", "");
  WriteFile("here.db.carried-1-wal", "");
  WriteFile("other.db.carried-1", "");
  std::filesystem::rename(seed_, PathTo("here.db.carried-2"));
  seed_ = PathTo("here.db.carried-2");
  EXPECT_EQ(Adopt()->Outcome(), OpenOutcome::kAdopted);
  EXPECT_THAT(FilesInFolder(), testing::UnorderedElementsAre("here.db", "here.db.lock", "ledger.db", "ledger.db.lock",
                                                             "other.db.carried-1"));
}

TEST_F(Carried, APlaceThatCannotBeAskedNowIsNotSaidToBeTaken) {
  Open(Here()).reset();
  const auto holder = Take(sqlite::Database::Open(path_, sqlite::OpenMode::kWrite));
  ASSERT_THAT(holder->Execute("PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE", "hold"), IsOk());
  EXPECT_THAT(HasNoLedger(path_), FailsWith(ErrorKind::kBusy));
}

TEST_F(Carried, DoesNotTakeThePlaceOfADamagedLedger) {
  WriteFile("here.db", "");
  WriteFile("here.db.damaged", "");
  EXPECT_FALSE(Take(HasNoLedger(path_)));
  EXPECT_EQ(Adopt()->Outcome(), OpenOutcome::kMovedAside);
}

TEST_F(Carried, ThatIsNoLedgerIsRefused) {
  RunSql("other", "CREATE TABLE t(x)");
  EXPECT_THAT(PrepareSeed(PathTo("other"), Here()), FailsWith(ErrorKind::kInvalid, "no ledger"));
  WriteFile("text", "not a database at all, but long enough to be looked at by somebody who reads its first page");
  EXPECT_THAT(PrepareSeed(PathTo("text"), Here()), FailsWith(ErrorKind::kCorrupt));
}

TEST_F(Carried, OfANewerSchemaIsRefused) {
  RunSql("seed", "PRAGMA user_version=" + std::to_string(CurrentVersion() + 1));
  EXPECT_THAT(PrepareSeed(seed_, Here()), FailsWith(ErrorKind::kUnsupported, "newer acledger"));
}

TEST_F(Carried, ThatIsDamagedAnywhereIsRefused) {
  std::string bytes = ReadFile("seed");
  for (std::size_t at = 4096 + 8; at < bytes.size(); at += 512) bytes[at] = static_cast<char>(~bytes[at]);
  WriteFile("seed", bytes);
  EXPECT_THAT(PrepareSeed(seed_, Here()), FailsWith(ErrorKind::kCorrupt));
}

}  // namespace
}  // namespace acledger::store
