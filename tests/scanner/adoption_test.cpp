// SPDX-License-Identifier: MIT
// A ledger that came with the volume: the same volume, files that were copied onto another one, and volumes that lie.
#include "tests/scanner/adoption_fixture.h"

namespace acledger::scanner {
namespace {

using fakes::Call;
using fakes::Fault;
using store::ChangeState;
using testing::HasSubstr;
using testing::SizeIs;

TEST_F(AdoptionTest, TheVolumeItselfKeepsItsIdsAndEveryChangeIsConfirmed) {
  Carry(volume_.Info().serial);
  const AdoptionReport report = AdoptOn(volume_);
  EXPECT_FALSE(report.by_path);
  EXPECT_EQ(report.sampled, applied_);
  EXPECT_EQ(report.agreed, applied_);
  EXPECT_EQ(report.confirmed, applied_);
  EXPECT_EQ(ProvisionOn(volume_).changes, 0u);
  EXPECT_TRUE(RollbackOn(volume_).complete);
  ExpectOriginals(volume_);
}

TEST_F(AdoptionTest, NothingCountsBeforeTheVolumeWasScanned) {
  Carry(volume_.Info().serial);
  EXPECT_TRUE(Must(IsAdoptionPending(*here_)));
  EXPECT_TRUE(Must(here_->Grants()).front().is_stale);
  AdoptOn(volume_);
  EXPECT_TRUE(Must(IsAdopted(*here_)));
  EXPECT_TRUE(Must(here_->Grants()).front().is_stale);
  ProvisionOn(volume_);
  EXPECT_FALSE(Must(here_->Grants()).front().is_stale);
}

TEST_F(AdoptionTest, AnAdoptedLedgerIsNotAdoptedAgain) {
  Carry(volume_.Info().serial);
  AdoptOn(volume_);
  const std::uint64_t opens = volume_.Counters().opens;
  EXPECT_FALSE(Must(Engine(On(volume_)).Settle()).adopted);
  EXPECT_EQ(volume_.Counters().opens, opens);
}

TEST_F(AdoptionTest, CopiedFilesAreFoundByTheirPaths) {
  const auto machine = Deploy(kOtherSerial);
  Carry(kOtherSerial);
  const AdoptionReport report = AdoptOn(*machine);
  EXPECT_TRUE(report.by_path);
  EXPECT_EQ(report.confirmed, applied_);
  for (const store::Change& change : Held()) EXPECT_TRUE(Must(machine->OpenById(change.file_id, Access::kRead)));
  EXPECT_EQ(machine->EffectiveWrites(), 0u);
  EXPECT_EQ(ProvisionOn(*machine).changes, 0u);
  const RollbackReport rolled = RollbackOn(*machine);
  EXPECT_EQ(rolled.restored, applied_);
  EXPECT_TRUE(rolled.complete);
  ExpectOriginals(*machine);
}

TEST_F(AdoptionTest, IdsThatLieUnderTheSameSerialAreFoundOutByTheSample) {
  const auto machine = Deploy(volume_.Info().serial);
  Carry(volume_.Info().serial);
  const AdoptionReport report = AdoptOn(*machine);
  EXPECT_TRUE(report.by_path);
  EXPECT_LT(report.agreed, report.sampled);
  EXPECT_EQ(report.confirmed, applied_);
  EXPECT_EQ(ProvisionOn(*machine).changes, 0u);
  EXPECT_EQ(RollbackOn(*machine).restored, applied_);
  ExpectOriginals(*machine);
}

TEST_F(AdoptionTest, WhatDoesNotCarryOurEntryIsGivenUpAndNeverWritten) {
  const auto machine = Deploy(kOtherSerial);
  machine->Delete(u"work/a");
  machine->SetDescriptor(u"work/b", "O:BAG:BAD:(A;;FA;;;BA)");
  machine->Delete(u"work/sub/c");
  machine->Folder(u"work/sub/c");
  machine->Delete(u"work/sub/deep");
  machine->ReparsePoint(u"work/sub/deep", 0xA0000003);
  Carry(kOtherSerial);
  const AdoptionReport report = AdoptOn(*machine);
  EXPECT_EQ(report.given_up, 5u);
  EXPECT_EQ(report.confirmed, applied_ - 5);
  EXPECT_EQ(report.failed, 0u);
  EXPECT_THAT(Held(), SizeIs(applied_ - 5));
  const RollbackReport rolled = RollbackOn(*machine);
  EXPECT_EQ(rolled.restored, applied_ - 5);
  EXPECT_EQ(rolled.missing + rolled.failed + rolled.remaining, 0u);
  EXPECT_EQ(machine->Sddl(u"work/b"), "O:BAG:BAD:(A;;FA;;;BA)");
}

TEST_F(AdoptionTest, WhatOthersEditedStaysOursAndKeepsTheirEdits) {
  const auto machine = Deploy(kOtherSerial);
  std::string edited = machine->Sddl(u"work/own");
  edited += "(A;;FR;;;S-1-5-21-8-8-8-8)";
  machine->SetDescriptor(u"work/own", edited.c_str());
  Carry(kOtherSerial);
  const AdoptionReport report = AdoptOn(*machine);
  EXPECT_EQ(report.edited, 1u);
  EXPECT_EQ(report.confirmed, applied_ - 1);
  const RollbackReport rolled = RollbackOn(*machine);
  EXPECT_EQ(rolled.drifted, 1u);
  EXPECT_FALSE(HoldsOurs(*machine, u"work/own"));
  EXPECT_THAT(machine->Sddl(u"work/own"), HasSubstr("(A;;FR;;;S-1-5-21-8-8-8-8)"));
}

TEST_F(AdoptionTest, TheSameSecurityInOtherBytesIsNoEdit) {
  for (const char16_t* path : {u"work/a", u"work/sub", u"work/own"}) {
    security::DescriptorBytes relaid = volume_.Descriptor(path);
    relaid.insert(relaid.end(), 4, 0);
    volume_.SetDescriptor(path, relaid);
  }
  Carry(volume_.Info().serial);
  EXPECT_EQ(AdoptOn(volume_).confirmed, applied_);
  EXPECT_EQ(ProvisionOn(volume_).changes, 0u);
  const auto root = Must(here_->Root(Must(here_->Grants()).front().id));
  EXPECT_EQ(root->counts[store::Verdict::kDrifted], 0u);
  EXPECT_EQ(root->counts[store::Verdict::kCovered], applied_);
}

TEST_F(AdoptionTest, WhatMovedOnTheSameVolumeIsFoundByItsId) {
  const FileId id = volume_.Id(u"work/a");
  volume_.Move(u"work/a", u"work/sub/moved");
  volume_.File(u"work/a");  // Inherits our entry in its turn.
  Carry(volume_.Info().serial);
  const AdoptionReport report = AdoptOn(volume_);
  EXPECT_FALSE(report.by_path);
  EXPECT_EQ(report.confirmed, applied_);
  const auto held = Held();
  EXPECT_EQ(std::ranges::count(held, id, &store::Change::file_id), 1);
  RollbackOn(volume_);
  EXPECT_FALSE(HoldsOurs(volume_, u"work/sub/moved"));
  EXPECT_FALSE(HoldsOurs(volume_, u"work/a"));
}

TEST_F(AdoptionTest, WhatMovedBeforeTheExportIsFoundWhereTheIndexHasIt) {
  volume_.Move(u"work/own", u"work/sub/own two");
  Provision("\\work");
  const auto machine = Deploy(kOtherSerial);
  Carry(kOtherSerial);
  const std::size_t held = Held().size();
  const AdoptionReport report = AdoptOn(*machine);
  EXPECT_EQ(report.confirmed, held);
  EXPECT_EQ(report.given_up, 0u);
  EXPECT_EQ(RollbackOn(*machine).stripped, 0u);
  EXPECT_FALSE(HoldsOurs(*machine, u"work/sub/own two"));
}

TEST_F(AdoptionTest, AnObjectThatCannotBeAskedCostsOneFailureAndIsNobodyElses) {
  const auto machine = Deploy(kOtherSerial);
  machine->Inject({.call = Call::kReadDescriptor,
                   .path = u"work/a",
                   .error = {ErrorKind::kBusy, "read", {}, 0, "sharing violation"},
                   .times = Fault::kAlways});
  Carry(kOtherSerial);
  const AdoptionReport report = AdoptOn(*machine);
  EXPECT_EQ(report.failed, 1u);
  EXPECT_EQ(report.confirmed, applied_ - 1);
  const auto failures = Must(here_->Failures());
  ASSERT_THAT(failures, SizeIs(1));
  EXPECT_EQ(failures[0].path, "\\work\\a");
  for (const store::Change& change : Held())
    EXPECT_EQ(Must(here_->LiveChangesOf(change.file_id)).size(), 1u) << change.name;
  for (int i = 0; i < 2; ++i) {
    EXPECT_FALSE(RollbackOn(*machine).complete);
    EXPECT_TRUE(HoldsOurs(*machine, u"work/a"));
    const ChangeState reverting[] = {ChangeState::kReverting};
    const auto tombstones = Must(here_->Tombstones(reverting));
    ASSERT_THAT(tombstones, SizeIs(1));
    EXPECT_EQ(tombstones[0].path, "\\work\\a");
  }
  machine->ClearFaults();
  const RollbackReport rolled = RollbackOn(*machine);
  EXPECT_EQ(rolled.restored, 1u);
  EXPECT_TRUE(rolled.complete);
  ExpectOriginals(*machine);
}

TEST_F(AdoptionTest, AnObjectThatCouldNotBeAskedIsGrantedAsBeforeOnceItCan) {
  const auto machine = Deploy(kOtherSerial);
  machine->Inject({.call = Call::kReadDescriptor,
                   .path = u"work/a",
                   .error = {ErrorKind::kBusy, "read", {}, 0, "sharing violation"},
                   .times = Fault::kAlways});
  Carry(kOtherSerial);
  AdoptOn(*machine);
  machine->ClearFaults();
  EXPECT_EQ(ProvisionOn(*machine).changes, 0u);
  EXPECT_THAT(Held(), SizeIs(applied_));
  EXPECT_EQ(Must(here_->Root(Must(here_->Grants()).front().id))->counts[store::Verdict::kCovered], applied_);
  EXPECT_EQ(RollbackOn(*machine).restored, applied_);
  ExpectOriginals(*machine);
}

TEST_F(AdoptionTest, AnObjectThatCouldNotBeAskedAndHoldsNothingOfOursIsLeftAlone) {
  const auto machine = Deploy(kOtherSerial);
  machine->SetDescriptor(u"work/a", "O:BAG:BAD:(A;;FA;;;BA)");
  machine->Inject({.call = Call::kReadDescriptor,
                   .path = u"work/a",
                   .error = {ErrorKind::kBusy, "read", {}, 0, "sharing violation"},
                   .times = Fault::kAlways});
  Carry(kOtherSerial);
  AdoptOn(*machine);
  machine->ClearFaults();
  const RollbackReport rolled = RollbackOn(*machine);
  EXPECT_TRUE(rolled.complete);
  EXPECT_EQ(rolled.restored, applied_ - 1);
  EXPECT_EQ(machine->Sddl(u"work/a"), "O:BAG:BAD:(A;;FA;;;BA)");
}

TEST_F(AdoptionTest, AForgedRowPutsNoForeignDescriptorOnAnObject) {
  const auto machine = Deploy(kOtherSerial);
  const auto id = Must(Ledger().Intern(machine->Descriptor(u"work/open")));
  RunSql("UPDATE change SET original = " + std::to_string(id) + ", before = original, after = " + std::to_string(id) +
         " WHERE name = 'a'");
  Carry(kOtherSerial);
  AdoptOn(*machine);
  EXPECT_TRUE(RollbackOn(*machine).complete);
  ExpectOriginals(*machine);
}

TEST_F(AdoptionTest, ItsRootIsTheObjectAtItsPath) {
  const auto machine = Deploy(kOtherSerial);
  Carry(kOtherSerial);
  AdoptOn(*machine);
  EXPECT_EQ(Must(here_->Grants()).front().root_id, machine->Id(u"work"));
  EXPECT_FALSE(Must(here_->Root(Must(here_->Grants()).front().id)));
}

TEST_F(AdoptionTest, WhatWasToBeTakenBackIsTakenBackHere) {
  volume_.Inject({.call = Call::kOpenWrite,
                  .path = u"work/own",
                  .error = {ErrorKind::kDenied, "open", {}, 0, "denied"},
                  .times = Fault::kAlways});
  EXPECT_FALSE(Rollback().complete);
  volume_.ClearFaults();
  const auto machine = Deploy(kOtherSerial);
  Carry(kOtherSerial);
  AdoptOn(*machine);
  EXPECT_TRUE(HoldsOurs(*machine, u"work/own"));
  EXPECT_TRUE(RollbackOn(*machine).complete);
  ExpectOriginals(*machine);
}

TEST_F(AdoptionTest, StoppedItSaysSoAndBeginsAgain) {
  const auto machine = Deploy(kOtherSerial);
  Carry(kOtherSerial);
  stop_ = true;
  const auto stopped = Engine(On(*machine)).Settle();
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().kind, ErrorKind::kBusy);
  EXPECT_TRUE(Must(IsAdoptionPending(*here_)));
  stop_ = false;
  EXPECT_EQ(AdoptOn(*machine).confirmed, applied_);
}

TEST_F(AdoptionTest, ComesToTheSameEndWhereverItIsKilled) {
  const auto machine = Deploy(volume_.Info().serial);
  machine->Delete(u"work/b");
  Carry(volume_.Info().serial);
  batch_ = 2;
  unsigned kills = 0;
  for (bool killed = true; killed;) {
    killed = false;
    machine->SetHook([left = kills + 1](Call, const std::u16string&) mutable {
      if (left > 0 && --left == 0) throw Killed{};
    });
    try {
      AdoptOn(*machine);
    } catch (const Killed&) {
      killed = true;
      ++kills;
    }
    machine->SetHook({});
    store::OpenOptions how;
    how.volume_serial = volume_.Info().serial;
    here_.reset();
    here_ = Must(store::Ledger::Open(LedgerPath(), how));
  }
  EXPECT_GT(kills, 10u);
  EXPECT_THAT(Held(), SizeIs(applied_ - 1));
  EXPECT_EQ(RollbackOn(*machine).restored, applied_ - 1);
  ExpectOriginals(*machine);
}

}  // namespace
}  // namespace acledger::scanner
