// SPDX-License-Identifier: MIT
#include "store/schema.h"
#include "tests/store/ledger_fixture.h"

namespace acledger::store {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Not;
using testing::SizeIs;

class Opening : public LedgerTest {
 protected:
  // A ledger with one grant, closed cleanly.
  void MakeLedger() const { Take(Open()->AddGrant(MakeGrant())); }
};

TEST_F(Opening, MakesALedgerThatIsNotThere) {
  EXPECT_EQ(Open()->Outcome(), OpenOutcome::kCreated);
  EXPECT_EQ(Open()->Outcome(), OpenOutcome::kOpened);
}

TEST_F(Opening, LeavesOneFileAndItsLockBehind) {
  MakeLedger();
  EXPECT_THAT(FilesInFolder(), ElementsAre("ledger.db", "ledger.db.lock"));
}

TEST_F(Opening, NamesTheFolderThatIsMissing) {
  path_ = PathTo("no/such/ledger.db");
  EXPECT_THAT(TryOpen(), FailsWith(ErrorKind::kNotFound, "there is no folder"));
  EXPECT_THAT(TryOpen(), FailsWith(ErrorKind::kNotFound, "ledger.db"));
}

TEST_F(Opening, RefusesAFolderInPlaceOfAFile) {
  std::filesystem::create_directory(folder_ / "ledger.db");
  EXPECT_THAT(TryOpen(), FailsWith(ErrorKind::kInvalid, "not a plain file"));
}

TEST_F(Opening, TakesANameWithEveryOddCharacter) {
  path_ = PathTo("a b%20#\xC3\xA9.db");
  MakeLedger();
  EXPECT_THAT(Take(Open(Reader())->Grants()), SizeIs(1));
}

TEST_F(Opening, RefusesANewerSchemaAndLeavesItAlone) {
  MakeLedger();
  RunSql("ledger.db", "PRAGMA user_version=8");
  const std::string before = ReadFile("ledger.db");

  EXPECT_THAT(TryOpen(), FailsWith(ErrorKind::kUnsupported, "version 8, this program knows version 7"));
  EXPECT_THAT(TryOpen(Reader()), FailsWith(ErrorKind::kUnsupported, "version 8"));

  EXPECT_EQ(ReadFile("ledger.db"), before);
}

TEST_F(Opening, BringsALedgerOfTheFirstVersionUpToDate) {
  {
    auto database = Take(sqlite::Database::Open(path_, sqlite::OpenMode::kCreate));
    Take(Migrate(*database, Migrations().first(1)));
  }
  RunSql("ledger.db", "INSERT INTO volume VALUES(1, " + std::to_string(kSerial) + ", 'test.img')");
  EXPECT_THAT(TryOpen(Reader()), FailsWith(ErrorKind::kUnsupported, "its schema is version 1"));
  const auto ledger = Open();
  EXPECT_EQ(ledger->Outcome(), OpenOutcome::kMigrated);
  EXPECT_FALSE(ledger->ReplacesDamaged());
  Take(ledger->AddGrant(MakeGrant()));
}

TEST_F(Opening, DropsTheIndexOfTheVolumeThatVersion6Held) {
  MakeLedger();
  RunSql("ledger.db", "CREATE TABLE volume_index(id); CREATE TABLE volume_page(number); PRAGMA user_version=6");
  const auto ledger = Open();
  EXPECT_EQ(ledger->Outcome(), OpenOutcome::kMigrated);
  EXPECT_THAT(Take(ledger->Grants()), SizeIs(1));
}

TEST_F(Opening, RefusesTheLedgerOfAnotherVolume) {
  MakeLedger();
  OpenOptions options = Writer();
  options.volume_serial = 2;
  options.volume_name = "other.img";

  EXPECT_THAT(TryOpen(options), FailsWith(ErrorKind::kMismatch, "1234ABCD5678EF01 (test.img)"));
  EXPECT_THAT(TryOpen(options), FailsWith(ErrorKind::kMismatch, "0000000000000002 (other.img)"));
  options.read_only = true;
  EXPECT_THAT(TryOpen(options), FailsWith(ErrorKind::kMismatch));
  options.check_volume = false;
  EXPECT_THAT(TryOpen(options), IsOk());
}

TEST_F(Opening, RefusesAnSqliteFileThatIsNotALedgerAndLeavesNothingBeside) {
  RunSql("ledger.db", "CREATE TABLE bookmarks(url); INSERT INTO bookmarks VALUES('x')");
  const std::string before = ReadFile("ledger.db");

  EXPECT_THAT(TryOpen(), FailsWith(ErrorKind::kInvalid, "not a ledger"));
  EXPECT_THAT(TryOpen(Reader()), FailsWith(ErrorKind::kInvalid, "not a ledger"));

  EXPECT_EQ(ReadFile("ledger.db"), before);
  EXPECT_THAT(FilesInFolder(), ElementsAre("ledger.db"));
}

TEST_F(Opening, LetsOneWriterInAndTellsTheOther) {
  const auto first = Open();
  EXPECT_THAT(TryOpen(), FailsWith(ErrorKind::kBusy, "another acledger is writing this ledger"));
}

TEST_F(Opening, LetsTheNextWriterInWhenTheFirstIsGone) {
  Open().reset();
  EXPECT_THAT(TryOpen(), IsOk());
}

TEST_F(Opening, RefusesALockFileThatIsSomethingElse) {
  WriteFile("ledger.db.lock", std::string(4096, 'x'));
  EXPECT_THAT(TryOpen(), FailsWith(ErrorKind::kInvalid, "ledger.db.lock"));
}

TEST_F(Opening, IgnoresWhatAnInterruptedCreationLeft) {
  WriteFile("ledger.db.new", "half a ledger");
  WriteFile("ledger.db.new-journal", "half a journal");
  EXPECT_EQ(Open()->Outcome(), OpenOutcome::kCreated);
  EXPECT_THAT(FilesInFolder(), ElementsAre("ledger.db", "ledger.db.lock"));
}

#ifndef _WIN32
TEST_F(Opening, RefusesToWriteThroughALink) {
  for (const char* name : {"ledger.db", "ledger.db-wal", "ledger.db.lock", "ledger.db.new"}) {
    std::filesystem::create_symlink("elsewhere", folder_ / name);
    EXPECT_THAT(TryOpen(), FailsWith(ErrorKind::kInvalid, name));
    std::filesystem::remove(folder_ / name);
  }
  EXPECT_THAT(FilesInFolder(), Not(Contains("elsewhere")));
}

TEST_F(Opening, KeepsTheFileForItsOwnerAlone) {
  const auto ledger = Open();
  Take(ledger->AddGrant(MakeGrant()));
  for (const char* name : {"ledger.db", "ledger.db-wal", "ledger.db-shm", "ledger.db.lock"}) {
    using std::filesystem::perms;
    EXPECT_EQ(std::filesystem::status(folder_ / name).permissions(), perms::owner_read | perms::owner_write) << name;
  }
}
#endif

// --- damaged files

class DamagedLedger : public Opening {
 protected:
  void ExpectMovedAside() const {
    auto opened = TryOpen();
    ASSERT_THAT(opened, IsOk());
    auto ledger = *std::move(opened);
    EXPECT_EQ(ledger->Outcome(), OpenOutcome::kMovedAside);
    EXPECT_EQ(ledger->MovedTo(), path_ + ".damaged-1");
    EXPECT_TRUE(ledger->ReplacesDamaged());
    EXPECT_THAT(Take(ledger->AllGrants()), SizeIs(0));
    ASSERT_THAT(ledger->AddGrant(MakeGrant()), IsOk());
    ledger.reset();
    ledger = Open();
    EXPECT_EQ(ledger->Outcome(), OpenOutcome::kOpened);
    EXPECT_TRUE(ledger->ReplacesDamaged());
    EXPECT_TRUE(Open(Reader())->ReplacesDamaged());
  }
};

TEST_F(DamagedLedger, OfZeroBytesIsMovedAside) {
  WriteFile("ledger.db", "");
  ExpectMovedAside();
  EXPECT_EQ(ReadFile("ledger.db.damaged-1"), "");
}

TEST_F(DamagedLedger, OfNulsIsMovedAside) {
  const std::string nuls(8192, '\0');
  WriteFile("ledger.db", nuls);
  ExpectMovedAside();
  EXPECT_EQ(ReadFile("ledger.db.damaged-1"), nuls);
}

TEST_F(DamagedLedger, OfOtherBytesIsMovedAside) {
  WriteFile("ledger.db", "this was a ledger once");
  ExpectMovedAside();
  EXPECT_EQ(ReadFile("ledger.db.damaged-1"), "this was a ledger once");
}

TEST_F(DamagedLedger, CutInTheMiddleIsMovedAside) {
  MakeLedger();
  const std::string whole = ReadFile("ledger.db");
  WriteFile("ledger.db", std::string_view(whole).substr(0, 3 * 4096));
  ExpectMovedAside();
}

TEST_F(DamagedLedger, WithoutOneOfItsTablesIsMovedAside) {
  MakeLedger();
  RunSql("ledger.db", "DROP TABLE change");
  ExpectMovedAside();
}

TEST_F(DamagedLedger, WithATriggerOfSomeoneElseIsMovedAside) {
  MakeLedger();
  RunSql("ledger.db", "CREATE TRIGGER t AFTER INSERT ON change BEGIN DELETE FROM grant_; END");
  ExpectMovedAside();
}

TEST_F(DamagedLedger, TakesItsLogAlong) {
  WriteFile("ledger.db", std::string(8192, 'x'));
  WriteFile("ledger.db-wal", "log");
  WriteFile("ledger.db-shm", "index of the log");
  ExpectMovedAside();
  EXPECT_EQ(ReadFile("ledger.db.damaged-1-wal"), "log");
  EXPECT_THAT(FilesInFolder(), Contains("ledger.db.damaged-1-shm"));  // SQLite makes its content anew.
}

TEST_F(DamagedLedger, OfWhichOnlyTheLogIsLeftIsMovedAside) {
  WriteFile("ledger.db-wal", "log");
  ExpectMovedAside();
  EXPECT_EQ(ReadFile("ledger.db.damaged-1-wal"), "log");
}

TEST_F(DamagedLedger, NeverTakesTheNameOfAnEarlierOne) {
  WriteFile("ledger.db", "first");
  Open().reset();
  WriteFile("ledger.db", "second");
  EXPECT_EQ(Open()->MovedTo(), path_ + ".damaged-2");
  EXPECT_EQ(ReadFile("ledger.db.damaged-1"), "first");
  EXPECT_EQ(ReadFile("ledger.db.damaged-2"), "second");
}

TEST_F(DamagedLedger, ThatSomeoneRemovedIsRememberedByItsMark) {
  WriteFile("ledger.db.damaged", "");
  {
    const auto ledger = Open();
    EXPECT_EQ(ledger->Outcome(), OpenOutcome::kMovedAside);
    EXPECT_EQ(ledger->MovedTo(), "");
    Take(ledger->AddGrant(MakeGrant()));
  }
  const auto again = Open();
  EXPECT_EQ(again->Outcome(), OpenOutcome::kOpened);
  EXPECT_THAT(Take(again->Grants()), SizeIs(1));
}

TEST_F(DamagedLedger, IsStillToBeReplacedAfterAStopBeforeTheNewOne) {
  WriteFile("ledger.db", "damaged");
  // Nothing new can be made: its place is taken.
  std::filesystem::create_directories(folder_ / "ledger.db.new-wal" / "in the way");
  EXPECT_FALSE(TryOpen().has_value());
  EXPECT_FALSE(std::filesystem::exists(path_));
  EXPECT_THAT(TryOpen(Reader()), FailsWith(ErrorKind::kCorrupt, "it was damaged"));
  std::filesystem::remove_all(folder_ / "ledger.db.new-wal");
  ExpectMovedAside();
  EXPECT_EQ(ReadFile("ledger.db.damaged-1"), "damaged");
}

// A page of the index is overwritten: nothing that opening looks at.
TEST_F(DamagedLedger, FoundWhileInUseIsMovedAsideTheNextTime) {
  FolderId folder = 0;
  {
    auto ledger = Open();
    const GrantId grant = Take(ledger->AddGrant(MakeGrant()));
    folder = Take(ledger->AddFolder(grant, 0, MakeFolder("dev", 5)));
    std::vector<Node> nodes;
    for (unsigned i = 0; i < 500; ++i) nodes.push_back(MakeNode("only in the index " + std::to_string(i), i + 10));
    Take(ledger->ReplaceNodes(folder, nodes));
  }
  std::string content = ReadFile("ledger.db");
  const std::size_t page = content.find("only in the index 3") / 4096 * 4096;
  content.replace(page, 4096, std::string(4096, '\x55'));
  WriteFile("ledger.db", content);

  {
    const auto ledger = Open();
    EXPECT_EQ(ledger->Outcome(), OpenOutcome::kOpened);
    std::vector<Node> nodes;
    EXPECT_THAT(ledger->Nodes(folder, nodes), FailsWith(ErrorKind::kCorrupt));
  }
  ExpectMovedAside();
  EXPECT_EQ(ReadFile("ledger.db.damaged-1"), content);
}

// No structure of SQLite's is broken: every command would meet the same row again.
TEST_F(DamagedLedger, WithARowThatIsNeverStoredIsMovedAsideTheNextTime) {
  MakeLedger();
  RunSql("ledger.db", "UPDATE grant_ SET state = 77");
  EXPECT_THAT(Open(Reader())->Grants(), FailsWith(ErrorKind::kCorrupt, "grant_.state"));
  EXPECT_THAT(FilesInFolder(), Not(Contains("ledger.db.damaged")));
  EXPECT_THAT(Open()->Grants(), FailsWith(ErrorKind::kCorrupt, "grant_.state"));
  ExpectMovedAside();
}

TEST_F(DamagedLedger, WithoutThePrincipalOfAGrantIsNotTakenForOneWithoutGrants) {
  MakeLedger();
  RunSql("ledger.db", "DELETE FROM principal");
  EXPECT_THAT(Open(Reader())->Grants(), FailsWith(ErrorKind::kCorrupt, "principal.sid"));
}

TEST_F(DamagedLedger, IsOnlyReportedByAReader) {
  const auto expect_left_alone = [&](std::string_view content) {
    WriteFile("ledger.db", content);
    EXPECT_THAT(TryOpen(Reader()), FailsWith(ErrorKind::kCorrupt, "ledger.db"));
    EXPECT_EQ(ReadFile("ledger.db"), content);
  };
  expect_left_alone("");
  expect_left_alone(std::string(8192, '\0'));
  expect_left_alone("this was a ledger once");
}

}  // namespace
}  // namespace acledger::store
