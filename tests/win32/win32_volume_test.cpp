// SPDX-License-Identifier: MIT
// The live volume as a whole: opening, identity, probing, flushing.
#include "scanner/win32/win32_volume.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "security/win32/machine_sid.h"
#include "security/win32/nt_api.h"
#include "tests/win32/scratch_folder.h"

namespace acledger::fixtures {
namespace {

using scanner::Access;
using scanner::OpenWin32Volume;

ErrorKind KindOfOpening(std::string_view drive) {
  const auto volume = OpenWin32Volume(drive);
  return volume ? ErrorKind::kNoEffect : volume.error().kind;
}

TEST(Win32Volume, SaysWhatItIs) {
  const scanner::VolumeInfo& info = TestVolume().Info();
  EXPECT_EQ(info.name, "C:");
  EXPECT_FALSE(info.file_system.empty());
  EXPECT_NE(info.serial, 0u);
  EXPECT_GE(info.max_readers, 2u);
  EXPECT_FALSE(info.read_only);
  EXPECT_FALSE(info.is_image);
  EXPECT_EQ(TestVolume().OpenRoot(Access::kRead).value()->Info().value().id, info.root);
}

TEST(Win32Volume, KnowsTheSidsOfItsMachine) {
  ASSERT_EQ(TestVolume().Info().machine_sids.size(), 1u);
  EXPECT_TRUE(TestVolume().Info().machine_sids[0].IsMachineRelative());
}

TEST(Win32Volume, HasTheSameSerialNumberWheneverItIsOpened) {
  EXPECT_EQ(OpenWin32Volume("c:\\").value()->Info().serial, TestVolume().Info().serial);
}

TEST(Win32Volume, RefusesWhatIsNoDrive) {
  for (const char* text : {"", "C", "1:", "C:\\Users", "\\\\server\\share"})
    EXPECT_EQ(KindOfOpening(text), ErrorKind::kInvalid) << text;
}

TEST(Win32Volume, SaysNotFoundForADriveThatIsNotThere) { EXPECT_EQ(KindOfOpening("B:"), ErrorKind::kNotFound); }

TEST(Win32Volume, FindsAnObjectByItsIdAfterItWasMoved) {
  const ScratchFolder scratch;
  scratch.MakeFolder(u"from");
  scratch.MakeFolder(u"to");
  scratch.MakeFile(u"from\\file", "O:BAG:BAD:P(A;;FA;;;BA)");
  const FileId id = OpenIn(scratch, u"from\\file")->Info().value().id;
  ASSERT_TRUE(MoveFileW(scratch.Absolute(u"from\\file").c_str(), scratch.Absolute(u"to\\renamed").c_str()));
  auto found = TestVolume().OpenById(id, Access::kWrite);
  ASSERT_TRUE(found) << found.error().ToString();
  EXPECT_EQ((*found)->Info().value().id, id);
  EXPECT_EQ(SddlOf(**found), "O:BAG:BAD:P(A;;FA;;;BA)");
}

TEST(Win32Volume, SaysNotFoundForTheIdOfADeletedObject) {
  const ScratchFolder scratch;
  scratch.MakeFile(u"file");
  const FileId id = OpenIn(scratch, u"file")->Info().value().id;
  ASSERT_TRUE(DeleteFileW(scratch.Absolute(u"file").c_str()));
  const auto found = TestVolume().OpenById(id, Access::kRead);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, ErrorKind::kNotFound);
}

TEST(Win32Volume, ProvesThatDescriptorsAreKeptAndLeavesNothingBehind) {
  const ScratchFolder scratch;
  auto folder = OpenIn(scratch, u"");
  const auto before = BytesOf(*folder);
  const auto proven = TestVolume().ProbeDescriptors(*folder);
  ASSERT_TRUE(proven) << proven.error().ToString();
  EXPECT_EQ(BytesOf(*folder), before);
  ASSERT_TRUE(folder->List([](std::span<const scanner::ListedName> run) {
    ADD_FAILURE() << run.size() << " names left";
    return true;
  }));
}

TEST(Win32Volume, CannotProbeAFile) {
  const ScratchFolder scratch;
  scratch.MakeFile(u"file");
  EXPECT_FALSE(TestVolume().ProbeDescriptors(*OpenIn(scratch, u"file")));
}

TEST(Win32Volume, CountsItsCalls) {
  const ScratchFolder scratch;
  scratch.MakeFile(u"file");
  auto folder = OpenIn(scratch, u"");
  const auto& counters = TestVolume().Counters();
  const std::uint64_t opens = counters.opens, for_write = counters.opens_for_write, reads = counters.descriptor_reads,
                      writes = counters.descriptor_writes, listings = counters.listings;
  auto file = folder->OpenChild(u"file", Access::kWrite).value();
  const auto bytes = BytesOf(*file);
  ASSERT_TRUE(file->WriteDacl(bytes));
  ASSERT_TRUE(folder->List([](auto) { return true; }));
  EXPECT_EQ(counters.opens - opens, 1u);
  EXPECT_EQ(counters.opens_for_write - for_write, 1u);
  EXPECT_EQ(counters.descriptor_reads - reads, 1u);
  EXPECT_GE(counters.descriptor_writes - writes, 1u);
  EXPECT_EQ(counters.listings - listings, 1u);
}

TEST(Win32Volume, FlushesOrSaysThatItCannot) {
  const auto flushed = TestVolume().Flush();
  if (flushed) return;
  EXPECT_EQ(flushed.error().kind, ErrorKind::kUnsupported);
  EXPECT_NE(flushed.error().reason, "");
  GTEST_SKIP() << "no handle of the volume itself here (Wine, or not an administrator): " << flushed.error().ToString();
}

}  // namespace
}  // namespace acledger::fixtures
