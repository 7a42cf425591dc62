// SPDX-License-Identifier: MIT
// Record first; stop anywhere; many readers; verify; forged and damaged ledgers.
#include <fstream>
#include <thread>

#include "tests/scanner/engine_fixture.h"

namespace acledger::scanner {
namespace {

using fakes::Call;
using store::ChangeState;
using testing::HasSubstr;
using testing::Not;

class EngineInvariantsTest : public EngineTest {
 protected:
  explicit EngineInvariantsTest(const fakes::FakeVolumeOptions& options = {}) : EngineTest(options) {
    volume_.File(u"work/a");
    volume_.File(u"work/sub/b");
    volume_.File(u"work/sub/deep/c");
  }
  std::map<FileId, security::DescriptorBytes> to_;
};

TEST_F(EngineInvariantsTest, EveryWriteIsInTheLedgerBeforeItIsMade) {
  batch_ = 2;
  store::OpenOptions beside;
  beside.read_only = true;
  beside.check_volume = false;
  const auto reader = Must(store::Ledger::Open(LedgerPath(), beside));
  std::size_t writes = 0;
  const auto expect_recorded = [&](bool reverting) {
    volume_.SetHook([&, reverting](Call call, const std::u16string& path) {
      if (call != Call::kWriteDacl) return;
      ++writes;
      const FileId id = volume_.Id(path);
      const auto live = Must(reader->LiveChangesOf(id));
      ASSERT_FALSE(live.empty());
      const store::Change& change = live.back();
      EXPECT_EQ(change.state, reverting ? ChangeState::kReverting : ChangeState::kIntent);
      const auto before = Must(reader->Descriptor(reverting ? change.revert_from : change.before));
      EXPECT_EQ(before, volume_.Descriptor(path));
      const auto after = Must(reader->Descriptor(reverting ? change.revert_to : change.after));
      EXPECT_NE(after, before);
      to_[id] = after;
    });
  };
  expect_recorded(false);
  Provision("\\work");
  expect_recorded(true);
  volume_.File(u"work/sub/later");
  Rollback();
  EXPECT_EQ(writes, 6u + 7u);
  for (const auto& [id, after] : to_)
    EXPECT_TRUE(std::ranges::any_of(volume_.Paths(), [&](const std::string& path) {
      const std::u16string wide(path.begin(), path.end());
      return volume_.Id(wide) == id && volume_.Descriptor(wide) == after;
    }));
}

TEST_F(EngineInvariantsTest, AStopInEachPhaseIsResumed) {
  batch_ = 1;
  Provision("\\work");
  const auto wanted = volume_.SecurityIds();
  const store::Counts counts = Total();
  Rollback();
  const auto original = volume_.SecurityIds();
  for (unsigned nth = 1; nth < 60; ++nth) {
    SCOPED_TRACE("stopped at call " + std::to_string(nth));
    volume_.SetHook([&, left = nth](Call, const std::u16string&) mutable {
      if (left > 0 && --left == 0) stop_ = true;
    });
    Provision("\\work");
    volume_.SetHook({});
    stop_ = false;
    EXPECT_TRUE(Provision("\\work").complete);
    EXPECT_EQ(volume_.SecurityIds(), wanted);
    EXPECT_EQ(Total(), counts);
    ExpectTrueRollUps();
    volume_.SetHook([&, left = nth](Call, const std::u16string&) mutable {
      if (left > 0 && --left == 0) stop_ = true;
    });
    Rollback();
    volume_.SetHook({});
    stop_ = false;
    Rollback();
    ExpectAsBefore(original);
    EXPECT_TRUE(Ledger().Grants()->empty());
    if (HasFailure()) break;
  }
}

TEST_F(EngineInvariantsTest, AStopDuringARerunKeepsTheRollUpsTrue) {
  Provision("\\work");
  const store::Counts counts = Total();
  for (unsigned nth = 3; nth < 30; nth += 4) {
    volume_.SetHook([&, left = nth](Call, const std::u16string&) mutable {
      if (left > 0 && --left == 0) stop_ = true;
    });
    Provision("\\work");
    volume_.SetHook({});
    EXPECT_EQ(Total(), counts);
    stop_ = false;
    EXPECT_EQ(Provision("\\work").changes, 0u);
    EXPECT_EQ(Total(), counts);
    ExpectTrueRollUps();
  }
}

class ManyReadersTest : public EngineInvariantsTest {
 protected:
  ManyReadersTest() : EngineInvariantsTest({.max_readers = 4}) {
    for (int folder = 0; folder < 12; ++folder)
      for (int file = 0; file < 4; ++file)
        volume_.File(u"work/f" + std::u16string(1, static_cast<char16_t>('a' + folder)) + u"/x" +
                     std::u16string(1, static_cast<char16_t>('a' + file)));
  }
};

TEST_F(ManyReadersTest, SeveralReadersAreInTheVolumeAtOnce) {
  readers_ = 4;
  volume_.SetHook([](Call, const std::u16string&) { std::this_thread::sleep_for(std::chrono::milliseconds(1)); });
  Provision("\\work");
  EXPECT_GT(volume_.MostCallsInFlight(), 1u);
}

TEST_F(ManyReadersTest, TheNumberOfReadersDoesNotChangeTheResult) {
  const auto original = volume_.SecurityIds();
  Provision("\\work");
  const auto wanted = volume_.SecurityIds();
  const store::Counts counts = Total();
  Rollback();
  for (const unsigned readers : {1u, 4u}) {
    readers_ = readers;
    batch_ = 7;
    Provision("\\work");
    EXPECT_EQ(volume_.SecurityIds(), wanted);
    EXPECT_EQ(Total(), counts);
    ExpectTrueRollUps();
    EXPECT_EQ(Provision("\\work").changes, 0u);
    Rollback();
    ExpectAsBefore(original);
  }
}

TEST_F(EngineInvariantsTest, VerifySeesDriftAndTheNextRunRepairsIt) {
  Provision("\\work");
  EXPECT_EQ(Verify().differences, 0u);
  volume_.SetDescriptor(u"work/a", "O:BAG:BAD:(A;ID;FA;;;BA)");
  const VerifyReport report = Verify();
  EXPECT_EQ(report.differences, 1u);
  EXPECT_EQ(report.objects, 6u);
  EXPECT_EQ(NodeOf("\\work\\a").reason, store::Reason::kEntryLost);
  ExpectTrueRollUps();
  EXPECT_EQ(Provision("\\work").changes, 1u);
  EXPECT_EQ(VerdictOf("\\work\\a"), "covered");
  EXPECT_EQ(Rollback().restored, 6u);
  EXPECT_EQ(DaclOf(u"work/a"), "D:(A;ID;FA;;;BA)");
}

TEST_F(EngineInvariantsTest, VerifyTellsEachFailureOnce) {
  volume_.Inject({.call = Call::kOpenWrite, .path = u"work/a", .times = fakes::Fault::kAlways});
  Provision("\\work");
  Must(Ledger().AddFailure(Failures().at(0)));
  Verify();
  EXPECT_EQ(Failures().size(), 1u);
}

TEST_F(EngineInvariantsTest, AVerifyThatWasStoppedSaysSo) {
  Provision("\\work");
  volume_.SetHook([this](Call call, const std::u16string&) { stop_ = stop_ || call == Call::kList; });
  EXPECT_FALSE(Verify().complete);
  volume_.SetHook({});
  stop_ = false;
  EXPECT_TRUE(Verify().complete);
}

TEST_F(EngineInvariantsTest, DriftOfTheRootIsRepairedToo) {
  Provision("\\work");
  volume_.SetDescriptor(u"work", "O:BAG:BAD:AI(A;OICIID;FA;;;BA)");
  EXPECT_EQ(Provision("\\work").changes, 1u);
  EXPECT_THAT(DaclOf(u"work"), HasSubstr("(A;OICI;RX;;;we)"));
  EXPECT_EQ(VerdictOf("\\work"), "covered");
}

TEST_F(EngineInvariantsTest, VerifyKeepsWhatItCannotImprove) {
  volume_.Inject({.call = Call::kOpenWrite, .path = u"work/a", .times = fakes::Fault::kAlways});
  Provision("\\work");
  EXPECT_EQ(Verify().differences, 0u);
  EXPECT_EQ(VerdictOf("\\work\\a"), "failed");
  EXPECT_EQ(Failures().size(), 1u);
}

TEST_F(EngineInvariantsTest, ARootThatWasReplacedIsIndexedAnew) {
  Provision("\\work");
  volume_.Delete(u"work");
  volume_.File(u"work/new");
  Provision("\\work");
  EXPECT_EQ(VerdictOf("\\work\\new"), "covered");
  EXPECT_EQ(VerdictOf("\\work\\a"), "(not in the index)");
  EXPECT_EQ(Provision("\\work").changes, 0u);
  EXPECT_EQ(Rollback().missing, 6u);
}

TEST_F(EngineInvariantsTest, APlanWritesNothingToTheVolume) {
  Engine engine(MakeEnvironment());
  const auto grants = Must(engine.Register(RequestFor("\\work"), notes_));
  std::vector<std::string> planned;
  store::Counts counts;
  Must(engine.Plan(
      grants, [&](const GrantContext&, const store::Change& change) { planned.push_back(change.name); }, counts));
  EXPECT_THAT(planned, testing::UnorderedElementsAre("work", "a", "sub", "b", "deep", "c"));
  EXPECT_EQ(volume_.Counters().descriptor_writes, 0u);
  EXPECT_EQ(counts[store::Verdict::kPending], 6u);
  ExpectTrueRollUps();
  EXPECT_EQ(Provision("\\work").changes, 6u);
}

TEST_F(EngineInvariantsTest, ADamagedLedgerIsReplacedAndOurEntriesAreFoundAgain) {
  request_.principal_is_ours = true;
  const auto before = volume_.SecurityIds();
  Provision("\\work");
  const auto provisioned = volume_.SecurityIds();
  CloseLedger();
  std::ofstream(LedgerPath(), std::ios::binary) << "SQLite format 3" << std::string(8192, '\0');
  OpenLedger();
  ASSERT_EQ(Ledger().Outcome(), store::OpenOutcome::kMovedAside);
  EXPECT_EQ(Provision("\\work").changes, 0u);
  EXPECT_EQ(volume_.SecurityIds(), provisioned);
  EXPECT_EQ(Total()[store::Verdict::kCovered], 6u);
  EXPECT_EQ(Rollback().restored, 6u);
  ExpectAsBefore(before);
}

TEST_F(EngineInvariantsTest, APrincipalThatIsOursStaysOursWhenALaterRequestDoesNotSaySo) {
  request_.principal_is_ours = true;
  Provision("\\work");
  request_.principal_is_ours = false;
  EXPECT_EQ(Provision("\\work").changes, 0u);
  const auto grants = Must(Ledger().Grants());
  ASSERT_EQ(grants.size(), 1u);
  EXPECT_TRUE(grants[0].principal_is_ours);
}

class ForgedLedgerTest : public EngineInvariantsTest {
 protected:
  // The number of a descriptor that opens everything to everyone.
  store::DescriptorId Foreign() {
    const fakes::Given given("O:BAG:BAD:(A;;FA;;;WD)");
    return Must(Ledger().Intern(*given.Bytes()));
  }
  void ExpectNothingForeign() {
    for (const std::string& path : volume_.Paths())
      EXPECT_THAT(DaclOf(std::u16string(path.begin(), path.end())), Not(HasSubstr(";WD)"))) << path;
  }
};

TEST_F(ForgedLedgerTest, AForgedOriginalOrAfterIsNeverWritten) {
  const auto before = volume_.SecurityIds();
  for (const char* column : {"after", "original", "before", "revert_to"}) {
    Provision("\\work");
    RunSql("UPDATE change SET " + std::string(column) + " = " + std::to_string(Foreign()));
    Rollback();
    ExpectNothingForeign();
    ExpectAsBefore(before);
  }
}

TEST_F(ForgedLedgerTest, ADescriptorThatIsDamagedOrLostHoldsUpNoRollback) {
  volume_.SetDescriptor(u"work/a", "O:BAG:BAD:AI(A;;FA;;;SY)(A;ID;FA;;;SY)(A;ID;FA;;;BA)");
  const auto before = volume_.SecurityIds();
  for (const char* damage : {"UPDATE descriptor SET bytes = zeroblob(20)", "DELETE FROM descriptor"}) {
    Provision("\\work");
    RunSql(std::string(damage) + " WHERE id = (SELECT after FROM change WHERE name = 'a')");
    OpenLedger();
    const RollbackReport report = Rollback();
    EXPECT_TRUE(report.complete) << damage;
    EXPECT_EQ(report.restored, 5u) << damage;
    EXPECT_EQ(report.drifted, 1u) << damage;
    ExpectAsBefore(before);
  }
}

TEST_F(ForgedLedgerTest, AForgedIntentIsRefused) {
  Provision("\\work");
  const std::string foreign = std::to_string(Foreign());
  RunSql("UPDATE change SET state = 0, before = after, after = " + foreign);
  EXPECT_GT(Settle().failed, 0u);
  ExpectNothingForeign();
  Rollback();
  ExpectNothingForeign();
  for (const std::string& path : volume_.Paths())
    EXPECT_THAT(DaclOf(std::u16string(path.begin(), path.end())), Not(HasSubstr(";we)"))) << path;
}

TEST_F(ForgedLedgerTest, AForgedRevertIsRefused) {
  Provision("\\work");
  RunSql("UPDATE change SET state = 3, revert_from = after, revert_to = " + std::to_string(Foreign()));
  Settle();
  ExpectNothingForeign();
  Rollback();
  ExpectNothingForeign();
}

TEST_F(ForgedLedgerTest, AForgedFileIdDoesNotReachAnotherObject) {
  volume_.File(u"else/x", "O:BAG:BAD:(A;;FA;;;BA)");
  const auto x = volume_.SecurityId(u"else/x");
  Provision("\\work");
  RunSql("UPDATE change SET file_id = " + std::to_string(volume_.Id(u"else/x").low) + " WHERE name = 'a'");
  Rollback();
  EXPECT_EQ(volume_.SecurityId(u"else/x"), x);
}

}  // namespace
}  // namespace acledger::scanner
