// SPDX-License-Identifier: MIT
#include "scanner/catalog/journal_tail.h"

#include <gmock/gmock.h>

#include "tests/fakes/fake_usn_journal.h"

namespace acledger::scanner {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr FileId kFolder{5, 0}, kA{0x0001000000000100, 0}, kB{0x0002000000000200, 0};

class JournalTailTest : public testing::Test {
 protected:
  JournalTail Begin() {
    Expected<JournalTail> tail = JournalTail::Begin(journal_);
    if (!tail) throw std::runtime_error(tail.error().ToString());
    return *std::move(tail);
  }
  static std::vector<FileId> Advance(JournalTail& tail) {
    const Expected<std::vector<UsnRecord>> records = tail.Advance();
    if (!records) throw std::runtime_error(records.error().ToString());
    std::vector<FileId> files;
    for (const UsnRecord& record : *records) files.push_back(record.file);
    return files;
  }
  void ExpectLost(ErrorKind kind = ErrorKind::kMismatch) {
    JournalTail tail = Begin();
    journal_.Note(kA, kFolder, kUsnFileCreate);
    spoil_();
    const auto records = tail.Advance();
    ASSERT_FALSE(records);
    EXPECT_EQ(records.error().kind, kind) << records.error().ToString();
  }

  fakes::FakeUsnJournal journal_;
  std::function<void()> spoil_;
};

TEST_F(JournalTailTest, TellsWhatHappensAfterItsBeginningOnce) {
  journal_.Note(kA, kFolder, kUsnFileCreate | kUsnClose);
  JournalTail tail = Begin();
  EXPECT_THAT(Advance(tail), IsEmpty());
  for (int i = 0; i < 5; ++i) journal_.Note(i % 2 ? kA : kB, kFolder, kUsnSecurityChange);
  EXPECT_THAT(Advance(tail), ElementsAre(kB, kA, kB, kA, kB));
  EXPECT_THAT(Advance(tail), IsEmpty());
  journal_.Note(kA, kFolder, kUsnRenameNewName);
  EXPECT_THAT(Advance(tail), ElementsAre(kA));
}

TEST_F(JournalTailTest, TellsNothingOfContents) {
  JournalTail tail = Begin();
  journal_.Note(kA, kFolder, 0x7 | kUsnClose);
  EXPECT_THAT(Advance(tail), IsEmpty());
}

// They may change again without a record.
TEST_F(JournalTailTest, TellsFirstOfWhatSomebodyHadChangedAndStillHeldOpen) {
  journal_.Note(kA, kFolder, kUsnSecurityChange);
  journal_.Note(kB, kFolder, kUsnFileCreate);
  journal_.Note(kB, kFolder, kUsnFileCreate | kUsnClose);
  JournalTail tail = Begin();
  EXPECT_THAT(Advance(tail), ElementsAre(kA));
  EXPECT_THAT(Advance(tail), IsEmpty());
}

// As the journal does whose oldest records go while they are read.
class OverwrittenOnce final : public UsnJournal {
 public:
  explicit OverwrittenOnce(fakes::FakeUsnJournal& real) : real_(real) {}
  Expected<UsnJournalState> Query() override { return real_.Query(); }
  Expected<UsnRecords> Read(std::uint64_t id, std::int64_t from) override {
    if (std::exchange(done_, true)) return real_.Read(id, from);
    real_.Note(kB, kFolder, kUsnSecurityChange | kUsnClose);
    return Fail(ErrorKind::kMismatch, "read the change journal", "deleted entry");
  }

 private:
  fakes::FakeUsnJournal& real_;
  bool done_ = false;
};

TEST_F(JournalTailTest, LosesNothingThatHappensWhileItBegins) {
  journal_.Note(kA, kFolder, kUsnSecurityChange);
  OverwrittenOnce overwritten(journal_);
  Expected<JournalTail> tail = JournalTail::Begin(overwritten);
  ASSERT_TRUE(tail) << tail.error().ToString();
  EXPECT_THAT(Advance(*tail), UnorderedElementsAre(kA, kB));
}

TEST_F(JournalTailTest, ReadsRecordsWithNarrowIds) {
  journal_.version = 2;
  JournalTail tail = Begin();
  journal_.Note(kA, kFolder, kUsnHardLinkChange);
  EXPECT_THAT(Advance(tail), ElementsAre(kA));
}

TEST_F(JournalTailTest, DoesNotBeginWhereThereIsNone) {
  journal_.fails_query = Error{ErrorKind::kUnsupported, "ask for the change journal", {}, 1179, "not active"};
  const auto tail = JournalTail::Begin(journal_);
  ASSERT_FALSE(tail);
  EXPECT_EQ(tail.error().kind, ErrorKind::kUnsupported);
}

TEST_F(JournalTailTest, DoesNotTrustAJournalThatIsAnotherOne) {
  spoil_ = [this] { journal_.state.id = 7; };
  ExpectLost();
}

TEST_F(JournalTailTest, DoesNotTrustAJournalThatDroppedRecords) {
  spoil_ = [this] { journal_.state.first = journal_.state.next; };
  ExpectLost();
}

TEST_F(JournalTailTest, DoesNotTrustAJournalThatWentBackwards) {
  spoil_ = [this] { journal_.state.next = 10; };
  ExpectLost();
}

TEST_F(JournalTailTest, FailsWhereTheJournalFailsInTheMiddle) {
  journal_.records_a_read = 1;
  spoil_ = [this] {
    for (int i = 0; i < 3; ++i) journal_.Note(kB, kFolder, kUsnFileDelete);
    journal_.reads_that_work = journal_.reads + 2;
    journal_.fails_read = Error{ErrorKind::kIo, "read the change journal", {}, 5, "broken"};
  };
  ExpectLost(ErrorKind::kIo);
}

TEST_F(JournalTailTest, FailsAtRecordsThatNobodyHereCanRead) {
  spoil_ = [this] { journal_.version = 9; };
  ExpectLost(ErrorKind::kUnsupported);
}

TEST_F(JournalTailTest, DoesNotReadForEverWhereTheJournalStandsStill) {
  spoil_ = [this] { journal_.stands_still = true; };
  ExpectLost(ErrorKind::kCorrupt);
}

}  // namespace
}  // namespace acledger::scanner
