// SPDX-License-Identifier: MIT
// What becomes of the ledger when the disk fails, fills up or loses power at any of the calls that change a file.
#include <random>

#include "tests/store/batches.h"
#include "tests/store/fault_vfs.h"
#include "tests/store/ledger_fixture.h"

namespace acledger::store {
namespace {

using Fault = FaultVfs::Fault;
using testing::AnyOf;
using testing::Ge;
using testing::Le;

constexpr unsigned kBatches = 9;
constexpr unsigned kBatchesACheckpoint = 3;

class Faults : public LedgerTest {
 protected:
  void StartAnew() {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    batches_ = {};
  }

  // Runs all batches and fails the test if the fault did not strike and something failed, or the other way round. What
  // fails is tried again after the repair.
  void RunWithRetries(ErrorKind expected) {
    auto opened = TryOpen();
    if (!opened) {
      ASSERT_THAT(opened, FailsWith(expected));
      vfs_.Repair();
      opened = TryOpen();
    }
    ASSERT_THAT(opened, IsOk());
    Ledger& ledger = **opened;
    for (unsigned number = 0; number < kBatches; ++number) {
      auto written = batches_.Write(ledger, number);
      if (!written) {
        ASSERT_THAT(written, FailsWith(expected));
        vfs_.Repair();
        ASSERT_EQ(WholeBatches(ledger), number);
        ASSERT_THAT(batches_.Write(ledger, number), IsOk());
      }
      if (number % kBatchesACheckpoint == 2) (void)ledger.Checkpoint();
    }
    EXPECT_EQ(WholeBatches(ledger), kBatches);
  }

  // The number of calls that a run without a fault makes.
  std::uint64_t CountCalls() {
    vfs_.Arm(Fault::kNone, 0);
    RunWithRetries(ErrorKind::kIo);
    return vfs_.Calls();
  }

  void ExpectNothingLostAtAnyCall(Fault fault, ErrorKind expected) {
    const std::uint64_t calls = CountCalls();
    ASSERT_GT(calls, 100u);
    for (std::uint64_t at = 0; at < calls; ++at) {
      SCOPED_TRACE("fault at call " + std::to_string(at));
      StartAnew();
      vfs_.Arm(fault, at);
      RunWithRetries(expected);
      EXPECT_TRUE(vfs_.HasStruck());
      vfs_.Repair();
      ASSERT_EQ(WholeBatches(*Open()), kBatches);
      ASSERT_FALSE(HasFailure());
    }
  }

  FaultVfs vfs_;
  Batches batches_;
};

TEST_F(Faults, OfOneWriteLoseNothing) { ExpectNothingLostAtAnyCall(Fault::kWriteFails, ErrorKind::kIo); }

TEST_F(Faults, OfOneSyncLoseNothing) { ExpectNothingLostAtAnyCall(Fault::kSyncFails, ErrorKind::kIo); }

TEST_F(Faults, OfAFullDiskLoseNothing) { ExpectNothingLostAtAnyCall(Fault::kDiskFull, ErrorKind::kNoSpace); }

TEST_F(Faults, OfPowerLeaveWholeBatchesAndAllThatWereCommitted) {
  const std::uint64_t calls = CountCalls();
  std::mt19937 random(20);
  for (std::uint64_t at = 0; at < calls; ++at) {
    SCOPED_TRACE("power cut at call " + std::to_string(at));
    StartAnew();
    vfs_.Arm(Fault::kPowerCut, at);
    unsigned committed = 0;
    {
      auto ledger = TryOpen();
      while (ledger && committed < kBatches && batches_.Write(**ledger, committed)) {
        if (++committed % kBatchesACheckpoint == 0) (void)(*ledger)->Checkpoint();
      }
    }
    vfs_.LoseUnsynced(random);
    std::filesystem::remove(path_ + "-shm");
    vfs_.Repair();

    auto ledger = Open();
    EXPECT_THAT(ledger->Outcome(), AnyOf(OpenOutcome::kOpened, OpenOutcome::kCreated));
    // The last one may have reached the disk although its commit was never answered.
    EXPECT_THAT(WholeBatches(*ledger), testing::AllOf(Ge(committed), Le(committed + 1)));
    ASSERT_FALSE(HasFailure());
  }
}

TEST_F(Faults, AreCounted) {
  auto ledger = Open();
  Take(ledger->AddGrant(MakeGrant()));
  vfs_.Arm(Fault::kNone, 0);
  for (unsigned number = 0; number < 8; ++number) Take(batches_.Write(*ledger, number));
  EXPECT_EQ(vfs_.Syncs(), 8u);
}

TEST_F(Faults, DoNotStrikeWhereNothingIsWritten) {
  auto ledger = Open();
  vfs_.Arm(Fault::kNone, 0);
  Take(ledger->Grants());
  Take(ledger->InTransaction([] { return Expected<void>(); }));
  EXPECT_EQ(vfs_.Calls(), 0u);
}

}  // namespace
}  // namespace acledger::store
