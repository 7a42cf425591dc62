// SPDX-License-Identifier: MIT
// Where adoption could take one object, or one volume, for another.
#include "tests/scanner/adoption_fixture.h"

namespace acledger::scanner {
namespace {

using fakes::Call;
using fakes::Fault;
using store::ChangeState;
using testing::SizeIs;

TEST_F(AdoptionTest, WhatLiesBelowCloudFoldersIsFoundByItsPath) {
  volume_.ReparsePoint(u"work/cloud", 0x9000601A, true, "O:BAG:BAD:(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)");
  volume_.File(u"work/cloud/sub/deep/x");
  Provision("\\work");
  const auto machine = Deploy(kOtherSerial);
  Carry(kOtherSerial);
  const AdoptionReport report = AdoptOn(*machine);
  EXPECT_EQ(report.given_up, 0u);
  EXPECT_EQ(report.confirmed, applied_ + 4);
  EXPECT_TRUE(RollbackOn(*machine).complete);
  EXPECT_FALSE(HoldsOurs(*machine, u"work/cloud/sub/deep/x"));
}

TEST_F(AdoptionTest, WhatAFilterDriverCannotDoIsNoAnswer) {
  const auto machine = Deploy(kOtherSerial);
  machine->Inject({.call = Call::kOpenRead,
                   .path = u"work/sub/c",
                   .error = {ErrorKind::kUnsupported, "open", {}, 0xC00000BB, "not supported"},
                   .times = Fault::kAlways});
  Carry(kOtherSerial);
  const AdoptionReport report = AdoptOn(*machine);
  EXPECT_EQ(report.failed, 1u);
  EXPECT_EQ(report.given_up, 0u);
  EXPECT_FALSE(RollbackOn(*machine).complete);
  machine->ClearFaults();
  EXPECT_TRUE(RollbackOn(*machine).complete);
  ExpectOriginals(*machine);
}

TEST_F(AdoptionTest, ARenamedFolderMakesNoOtherVolume) {
  volume_.File(u"alone");
  const security::DescriptorBytes alone = volume_.Descriptor(u"alone");
  Provision("\\alone");
  Carry(volume_.Info().serial);
  volume_.Move(u"work", u"work2");
  volume_.Move(u"alone", u"alone2");
  const AdoptionReport report = AdoptOn(volume_);
  EXPECT_FALSE(report.by_path);
  EXPECT_EQ(report.agreed, applied_ + 1);
  EXPECT_EQ(report.confirmed, applied_ + 1);
  EXPECT_EQ(RollbackOn(volume_).restored, applied_ + 1);
  EXPECT_EQ(volume_.Descriptor(u"alone2"), alone);
  for (const auto& [path, bytes] : before_)
    if (path.starts_with("\\work")) {
      EXPECT_EQ(volume_.Descriptor(Wide("\\work2" + path.substr(5))), bytes) << path;
    }
}

TEST_F(AdoptionTest, WhatWasNeverWrittenSpeaksForNoOtherVolume) {
  for (const char16_t* path : {u"many/1", u"many/2", u"many/3", u"many/4", u"many/5", u"many/6"}) volume_.File(path);
  batch_ = 100;
  volume_.SetHook([](Call call, const std::u16string&) {
    if (call == Call::kOpenWrite) throw Killed{};
  });
  EXPECT_TRUE(RunAndDie([this] { Provision("\\many"); }));
  ASSERT_THAT(ChangesIn({ChangeState::kIntent}), SizeIs(7));
  Carry(volume_.Info().serial);
  const AdoptionReport report = AdoptOn(volume_);
  EXPECT_FALSE(report.by_path);
  EXPECT_EQ(report.sampled, applied_);
  EXPECT_EQ(report.confirmed, applied_);
}

TEST_F(AdoptionTest, IdsThatLeadToOthersThatAreAlikeAreFoundOutByTheirNames) {
  for (int i = 0; i < 20; ++i) volume_.File(Wide("many/m" + std::to_string(i)));
  Provision("\\many");
  RunSql("CREATE TABLE was AS SELECT name, file_id FROM change");
  RunSql(
      "UPDATE change SET file_id = (SELECT file_id FROM was WHERE was.name = 'm' || ((CAST(substr(change.name, 2) AS "
      "INTEGER) + 1) % 20)) WHERE name GLOB 'm[0-9]*'");
  RunSql("DROP TABLE was");
  Carry(volume_.Info().serial);
  const AdoptionReport report = AdoptOn(volume_);
  EXPECT_TRUE(report.by_path);
  EXPECT_EQ(report.agreed, applied_ + 1);
  EXPECT_EQ(report.confirmed, applied_ + 21);
}

TEST_F(AdoptionTest, WhatMovedAndCannotBeAskedIsNotTakenForWhatHasItsNameNow) {
  const FileId id = volume_.Id(u"work/a");
  volume_.Move(u"work/a", u"work/sub/moved");
  volume_.File(u"work/a");  // Inherits our entry in its turn.
  Carry(volume_.Info().serial);
  volume_.Inject({.call = Call::kOpenRead,
                  .path = u"work/sub/moved",
                  .error = {ErrorKind::kBusy, "open", {}, 0, "sharing violation"},
                  .times = Fault::kAlways});
  const AdoptionReport report = AdoptOn(volume_);
  EXPECT_EQ(report.failed, 1u);
  EXPECT_EQ(report.confirmed, applied_ - 1);
  volume_.ClearFaults();
  EXPECT_EQ(std::ranges::count(Held(), id, &store::Change::file_id), 1);
  RollbackOn(volume_);
  EXPECT_FALSE(HoldsOurs(volume_, u"work/sub/moved"));
  EXPECT_FALSE(HoldsOurs(volume_, u"work/a"));
}

TEST_F(AdoptionTest, ARollbackThatWasStoppedWhileItLookedForThemProvesNothing) {
  volume_.File(u"two/x");
  Provision("\\two");
  const auto machine = Deploy(kOtherSerial);
  machine->SetDescriptor(u"two/x", "O:BAG:BAD:(A;;FA;;;BA)");
  for (const char16_t* path : {u"two", u"two/x"})
    machine->Inject({.call = Call::kReadDescriptor,
                     .path = path,
                     .error = {ErrorKind::kBusy, "read", {}, 0, "sharing violation"},
                     .times = Fault::kAlways});
  Carry(kOtherSerial);
  Engine engine(On(*machine));
  EXPECT_EQ(Must(engine.Settle()).adopted->failed, 2u);
  machine->ClearFaults();
  Must(engine.Provision(Must(here_->Grants())));
  machine->SetHook([this](Call call, const std::u16string& path) {
    if (call == Call::kReadDescriptor && path == u"\\two\\x") stop_ = true;
    if (call == Call::kFlush) stop_ = false;  // It takes long: until then somebody has resumed.
  });
  EXPECT_FALSE(Must(engine.Rollback(GrantsNamed{"\\two"})).complete);
  machine->SetHook({});
  EXPECT_FALSE(stop_);
  EXPECT_TRUE(HoldsOurs(*machine, u"two"));
  EXPECT_TRUE(RollbackOn(*machine).complete);
  EXPECT_FALSE(HoldsOurs(*machine, u"two"));
}

TEST_F(AdoptionTest, StoppedAndCarriedOnItIsStillByPath) {
  const auto machine = Deploy(kOtherSerial);
  Carry(kOtherSerial);
  batch_ = 1;
  machine->SetHook([this, left = applied_ - 1](Call call, const std::u16string&) mutable {
    if (call == Call::kReadDescriptor && --left == 0) stop_ = true;
  });
  EXPECT_FALSE(Engine(On(*machine)).Settle());
  machine->SetHook({});
  stop_ = false;
  CarryOn(kOtherSerial);
  const AdoptionReport report = AdoptOn(*machine);
  EXPECT_TRUE(report.by_path);
  EXPECT_EQ(report.confirmed, applied_);
  EXPECT_EQ(RollbackOn(*machine).restored, applied_);
  ExpectOriginals(*machine);
}

}  // namespace
}  // namespace acledger::scanner
