// SPDX-License-Identifier: MIT
// Kills processes that write the ledger. POSIX: a child is forked, not started anew.
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <random>
#include <thread>

#include "tests/store/batches.h"
#include "tests/store/ledger_fixture.h"

namespace acledger::store {
namespace {

using testing::AnyOf;
using testing::Ge;
using testing::Le;
using testing::SizeIs;

// A child that writes batches until it is killed, and tells the number of each after its commit.
class ChildWriter {
 public:
  ChildWriter(const std::string& path, const OpenOptions& options) {
    int ends[2];
    if (pipe(ends) != 0) throw std::runtime_error("pipe");
    child_ = fork();
    if (child_ == 0) {
      close(ends[0]);
      Run(path, options, ends[1]);
      _exit(0);
    }
    close(ends[1]);
    from_child_ = ends[0];
  }
  ~ChildWriter() {
    if (child_ > 0) Kill();
    close(from_child_);
  }
  ChildWriter(const ChildWriter&) = delete;
  ChildWriter& operator=(const ChildWriter&) = delete;

  // Waits for the next commit. False: the child has ended.
  bool WaitForCommit() {
    unsigned number = 0;
    if (read(from_child_, &number, sizeof number) != sizeof number) return false;
    committed_ = number + 1;
    return true;
  }

  // Kill -9, and the number of batches whose commit was told before.
  unsigned Kill() {
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
    child_ = 0;
    while (WaitForCommit()) {
    }
    return committed_;
  }

 private:
  static void Run(const std::string& path, const OpenOptions& options, int to_parent) {
    auto ledger = Ledger::Open(path, options);
    if (!ledger) return;
    Batches batches(**ledger);
    auto number = static_cast<unsigned>((*ledger)->Folders(1)->size());
    for (;; ++number) {
      if (!batches.Write(**ledger, number)) return;
      if (write(to_parent, &number, sizeof number) != sizeof number) return;
      if (number % 7 == 6) (void)(*ledger)->Checkpoint();
    }
  }

  pid_t child_ = 0;
  int from_child_ = -1;
  unsigned committed_ = 0;
};

class Crash : public LedgerTest {};

TEST_F(Crash, AtAnyMomentLeavesWholeBatchesAndAllThatWereCommitted) {
  std::mt19937 random(7);
  unsigned committed = 0;
  for (int round = 0; round < 50; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    {
      ChildWriter writer(path_, Writer());
      std::this_thread::sleep_for(std::chrono::microseconds(random() % 80000));
      committed = std::max(committed, writer.Kill());
    }
    const auto reader = TryOpen(Reader());
    if (reader) {
      EXPECT_THAT(WholeBatches(**reader), testing::AllOf(Ge(committed), Le(committed + 1)));
    } else {
      EXPECT_THAT(reader, FailsWith(ErrorKind::kNotFound));
    }

    auto ledger = Open();
    EXPECT_THAT(ledger->Outcome(), AnyOf(OpenOutcome::kOpened, OpenOutcome::kCreated));
    const unsigned whole = WholeBatches(*ledger);
    EXPECT_THAT(whole, testing::AllOf(Ge(committed), Le(committed + 1)));
    committed = whole;
    ASSERT_FALSE(HasFailure());
  }
  EXPECT_GT(committed, 0u);
}

TEST_F(Crash, OfAWriterFreesItsLock) {
  ChildWriter writer(path_, Writer());
  ASSERT_TRUE(writer.WaitForCommit());
  EXPECT_THAT(TryOpen(), FailsWith(ErrorKind::kBusy, "another acledger is writing this ledger"));
  writer.Kill();
  EXPECT_THAT(TryOpen(), IsOk());
}

TEST_F(Crash, IsNotNeededForAReaderToSeeWholeBatches) {
  ChildWriter writer(path_, Writer());
  ASSERT_TRUE(writer.WaitForCommit());
  const auto reader = Open(Reader());
  unsigned seen = 0;
  for (int question = 0; question < 50; ++question) {
    const unsigned now = WholeBatches(*reader);
    EXPECT_GE(now, seen);
    seen = now;
    ASSERT_TRUE(writer.WaitForCommit());
  }
  EXPECT_GT(seen, 1u);
}

// --- a log that a crash left

class LeftLog : public LedgerTest {
 protected:
  // A ledger whose batches are all in its log, as a killed writer leaves it.
  void LeaveLog(unsigned batches) const {
    ChildWriter writer(path_, Writer());
    for (unsigned i = 0; i < batches; ++i) ASSERT_TRUE(writer.WaitForCommit());
  }
};

TEST_F(LeftLog, OfGarbageLeavesWhatWasCheckpointed) {
  {
    const auto ledger = Open();
    Batches batches(*ledger);
    for (unsigned number = 0; number < 3; ++number) Take(batches.Write(*ledger, number));
  }
  const auto garbage = SomeBytes(100000, 1);
  WriteFile("ledger.db-wal", std::string(garbage.begin(), garbage.end()));
  const auto ledger = Open();
  EXPECT_EQ(ledger->Outcome(), OpenOutcome::kOpened);
  EXPECT_EQ(WholeBatches(*ledger), 3u);
}

TEST_F(LeftLog, CutAnywhereLeavesAPrefixOfWholeBatches) {
  LeaveLog(4);
  const std::string file = ReadFile("ledger.db");
  const std::string log = ReadFile("ledger.db-wal");
  unsigned before = 0;
  for (std::size_t size = 0; size < log.size(); size += 3001) {
    SCOPED_TRACE("log cut at " + std::to_string(size));
    WriteFile("ledger.db", file);
    WriteFile("ledger.db-wal", std::string_view(log).substr(0, size));
    std::filesystem::remove(path_ + "-shm");
    const unsigned whole = WholeBatches(*Open());
    EXPECT_GE(whole, before);
    before = whole;
    ASSERT_FALSE(HasFailure());
  }
}

TEST_F(LeftLog, WithAFlippedBitLeavesAPrefixOfWholeBatches) {
  LeaveLog(4);
  const std::string file = ReadFile("ledger.db");
  const std::string log = ReadFile("ledger.db-wal");
  std::mt19937 random(3);
  for (int round = 0; round < 60; ++round) {
    std::string flipped = log;
    char& byte = flipped[random() % flipped.size()];
    byte = static_cast<char>(byte ^ (1 << random() % 8));
    WriteFile("ledger.db", file);
    WriteFile("ledger.db-wal", flipped);
    std::filesystem::remove(path_ + "-shm");
    WholeBatches(*Open());
    ASSERT_FALSE(HasFailure());
  }
}

// --- a folder that the reader cannot write

class ReadOnlyFolder : public LedgerTest {
 protected:
  ReadOnlyFolder() {
    if (geteuid() != 0) return;
    is_root_ = true;
  }
  ~ReadOnlyFolder() override {
    if (is_root_ && seteuid(0) != 0) std::abort();
  }

  void TakeTheRightToWrite() {
    using std::filesystem::perms;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      std::filesystem::permissions(entry.path(), perms::owner_read | perms::group_read | perms::others_read);
    }
    std::filesystem::permissions(folder_, perms::owner_read | perms::owner_exec | perms::group_read |
                                              perms::group_exec | perms::others_read | perms::others_exec);
    constexpr uid_t kNobody = 65534;
    ASSERT_TRUE(!is_root_ || seteuid(kNobody) == 0);
  }

  bool is_root_ = false;
};

TEST_F(ReadOnlyFolder, DoesNotKeepAReaderFromALedgerThatWasClosed) {
  Take(Open()->AddGrant(MakeGrant()));
  TakeTheRightToWrite();
  EXPECT_THAT(Take(Open(Reader())->Grants()), SizeIs(1));
}

TEST_F(ReadOnlyFolder, StopsAWriterWithAClearError) {
  Take(Open()->AddGrant(MakeGrant()));
  TakeTheRightToWrite();
  EXPECT_THAT(TryOpen(), FailsWith(ErrorKind::kDenied, "ledger.db"));
}

TEST_F(ReadOnlyFolder, DoesNotHideALogThatWasLeft) {
  {
    ChildWriter writer(path_, Writer());
    ASSERT_TRUE(writer.WaitForCommit());
  }
  std::filesystem::remove(path_ + "-shm");
  TakeTheRightToWrite();
  EXPECT_FALSE(TryOpen(Reader()).has_value());
}

}  // namespace
}  // namespace acledger::store
