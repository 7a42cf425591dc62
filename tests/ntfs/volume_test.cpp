// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include "tests/ntfs/test_image.h"

namespace acledger::scanner {
namespace {

constexpr char kPlain[] = "O:BAG:SYD:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)";
constexpr char kGranted[] = "O:BAG:SYD:AI(A;;0x1200a9;;;WD)(A;ID;FA;;;SY)(A;ID;FA;;;BA)";

using VolumeTest = TestImage;

TEST_F(VolumeTest, TellsItsSerialAndItsRoot) {
  Builder();
  const auto volume = OpenVolume();
  EXPECT_EQ(volume->Info().serial, 0x1122334455667788u);
  EXPECT_EQ(volume->Info().root.low, 0x0005000000000005u);
  EXPECT_TRUE(volume->Info().is_image);
  EXPECT_EQ(volume->Info().name, Path());
}

TEST_F(VolumeTest, ReadsBackWhatItWrote) {
  const FileId id = AddFile(u"a.txt", Sddl(kPlain));
  {
    const auto volume = OpenVolume();
    const auto file = Must(volume->OpenById(id, Access::kWrite));
    Must(file->WriteDacl(Sddl(kGranted)));
    EXPECT_EQ(Read(*file), Sddl(kGranted));
  }
  const auto again = OpenVolume(true);
  EXPECT_EQ(Read(*Must(again->OpenById(id, Access::kRead))), Sddl(kGranted));
}

TEST_F(VolumeTest, GivesTheSecurityIdBackWithTheBytes) {
  const FileId id = AddFile(u"a.txt", Sddl(kPlain));
  const std::string before = SecurityIds();
  WriteOnce(id, Sddl(kGranted));
  EXPECT_NE(SecurityIds(), before);
  WriteOnce(id, Sddl(kPlain));
  EXPECT_EQ(SecurityIds(), before);
}

TEST_F(VolumeTest, SharesTheDescriptorOfEqualFiles) {
  const FileId first = AddFile(u"a", Sddl(kPlain)), second = AddFile(u"b", Sddl(kPlain));
  WriteOnce(first, Sddl(kGranted));
  WriteOnce(second, Sddl(kGranted));
  EXPECT_EQ(SecurityIdOf(first), SecurityIdOf(second));
}

TEST_F(VolumeTest, KeepsADescriptorInItsOwnAttributeThere) {
  const FileId id = Must(Builder().AddFile(Builder().Root(), u"own", 0));
  const std::string before = SecurityIds();
  const security::DescriptorBytes original = Read(*Must(OpenVolume(true)->OpenById(id, Access::kRead)));
  const auto wanted = Sddl("O:BAG:BAD:(A;;FA;;;WD)(A;;FR;;;BU)");
  WriteOnce(id, wanted);
  EXPECT_EQ(Read(*Must(OpenVolume(true)->OpenById(id, Access::kRead))), wanted);
  EXPECT_EQ(SecurityIdOf(id), 0u);
  WriteOnce(id, original);
  EXPECT_EQ(SecurityIds(), before);
}

TEST_F(VolumeTest, RefusesADescriptorOfAnotherOwner) {
  const FileId id = AddFile(u"a.txt", Sddl(kPlain));
  const auto volume = OpenVolume();
  const auto file = Must(volume->OpenById(id, Access::kWrite));
  const auto written = file->WriteDacl(Sddl("O:BUG:SYD:AI(A;ID;FA;;;SY)"));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, ErrorKind::kMismatch);
  EXPECT_EQ(Read(*file), Sddl(kPlain));
}

TEST_F(VolumeTest, RefusesAnotherSacl) {
  const FileId id = AddFile(u"a.txt", Sddl("O:BAG:SYD:(A;;FA;;;SY)S:(AU;SA;FA;;;WD)"));
  const auto volume = OpenVolume();
  const auto written = Must(volume->OpenById(id, Access::kWrite))->WriteDacl(Sddl("O:BAG:SYD:(A;;FA;;;SY)"));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, ErrorKind::kMismatch);
}

TEST_F(VolumeTest, WritesNothingThroughAHandleForReading) {
  const FileId id = AddFile(u"a.txt", Sddl(kPlain));
  const auto volume = OpenVolume();
  const auto written = Must(volume->OpenById(id, Access::kRead))->WriteDacl(Sddl(kGranted));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, ErrorKind::kDenied);
}

TEST_F(VolumeTest, CountsItsCalls) {
  const FileId id = AddFile(u"a.txt", Sddl(kPlain));
  const auto volume = OpenVolume();
  const auto file = Must(volume->OpenById(id, Access::kWrite));
  Read(*file);
  Must(file->WriteDacl(Sddl(kGranted)));
  Must(volume->Flush());
  EXPECT_EQ(volume->Counters().opens, 1u);
  EXPECT_EQ(volume->Counters().opens_for_write, 1u);
  EXPECT_EQ(volume->Counters().descriptor_reads, 1u);
  EXPECT_EQ(volume->Counters().descriptor_writes, 1u);
  EXPECT_EQ(volume->Counters().flushes, 1u);
}

TEST_F(VolumeTest, ProbesWithoutATrace) {
  Builder();
  const std::string before = SecurityIds();
  {
    const auto volume = OpenVolume();
    EXPECT_TRUE(volume->ProbeDescriptors(*Must(volume->OpenRoot(Access::kWrite))));
  }
  EXPECT_EQ(SecurityIds(), before);
}

TEST_F(VolumeTest, TwoHandlesOnOneFileSeeOneState) {
  const FileId id = AddFile(u"a.txt", Sddl(kPlain));
  const auto volume = OpenVolume();
  const auto first = Must(volume->OpenById(id, Access::kWrite)), second = Must(volume->OpenById(id, Access::kWrite));
  Must(first->WriteDacl(Sddl(kGranted)));
  Must(second->WriteDacl(Sddl(kPlain)));
  EXPECT_EQ(Read(*first), Sddl(kPlain));
  EXPECT_EQ(Read(*second), Sddl(kPlain));
}

}  // namespace
}  // namespace acledger::scanner
