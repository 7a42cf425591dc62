// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <fstream>

#include "tests/ntfs/test_image.h"

namespace acledger::scanner {
namespace {

using testing::HasSubstr;

class OpeningTest : public TestImage {
 protected:
  Error ErrorOf(const std::string& path, bool read_only = false) {
    Finish();
    auto volume = OpenNtfsImage(path, read_only);
    if (volume) throw std::runtime_error("it was opened");
    return volume.error();
  }
  void Patch(std::uint64_t offset, std::string_view bytes) {
    Finish();
    std::fstream file(Path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(offset));
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
};

TEST_F(OpeningTest, SaysThatThereIsNoSuchFile) {
  const Error error = ErrorOf("/nowhere/disk.img");
  EXPECT_EQ(error.kind, ErrorKind::kNotFound);
  EXPECT_EQ(error.path, "/nowhere/disk.img");
}

TEST_F(OpeningTest, SaysWhatIsNoNtfsVolume) {
  std::ofstream(Path()) << std::string(100'000, 'x');
  const Error error = ErrorOf(Path());
  EXPECT_EQ(error.kind, ErrorKind::kInvalid);
  EXPECT_THAT(error.ToString(), HasSubstr("not an NTFS volume"));
  EXPECT_THAT(error.ToString(), HasSubstr(Path()));
}

TEST_F(OpeningTest, SaysThatAnEmptyFileOrAFolderIsNone) {
  std::ofstream(Path()).flush();
  EXPECT_EQ(ErrorOf(Path()).kind, ErrorKind::kInvalid);
  EXPECT_EQ(ErrorOf(Folder().string()).kind, ErrorKind::kInvalid);
}

TEST_F(OpeningTest, HintsAtThePartitionOfAWholeDisk) {
  std::string disk(1 << 20, '\0');
  disk[510] = '\x55';
  disk[511] = '\xAA';
  std::ofstream(Path()) << disk;
  EXPECT_THAT(ErrorOf(Path()).reason, HasSubstr("partition"));
}

TEST_F(OpeningTest, SaysThatAnImageIsTruncated) {
  Builder();
  Finish();
  std::filesystem::resize_file(Path(), 30 << 20);
  const Error error = ErrorOf(Path());
  EXPECT_EQ(error.kind, ErrorKind::kCorrupt);
  EXPECT_THAT(error.reason, HasSubstr("truncated"));
}

TEST_F(OpeningTest, SaysThatTheMftIsDamaged) {
  Builder();
  Patch(0x4000, std::string(4096, '\xEE'));  // mkntfs puts $MFT at the fourth cluster.
  EXPECT_EQ(ErrorOf(Path()).kind, ErrorKind::kCorrupt);
}

TEST_F(OpeningTest, RefusesASecondOpener) {
  Builder();
  const auto first = OpenVolume();
  const auto second = OpenNtfsImage(Path(), false);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::kBusy);
  EXPECT_EQ(Failure(OpenNtfsImage(Path(), true)), ErrorKind::kBusy);
}

TEST_F(OpeningTest, KeepsItsLockWhenASecondOpenerWasRefused) {
  Builder();
  const auto first = OpenVolume();
  ASSERT_FALSE(OpenNtfsImage(Path(), false));
  int exit_code = 0;
  RunCommand("ntfsfix -n " + Path() + " >/dev/null 2>&1", &exit_code);
  EXPECT_NE(exit_code, 0);
}

TEST_F(OpeningTest, LetsSeveralReadAtOnce) {
  Builder();
  const auto first = OpenVolume(true);
  EXPECT_TRUE(OpenNtfsImage(Path(), true));
  EXPECT_EQ(Failure(OpenNtfsImage(Path(), false)), ErrorKind::kBusy);
}

TEST_F(OpeningTest, RefusesToWriteAVolumeThatIsMarkedDirty) {
  Builder();
  Finish();
  ASSERT_NE(RunCommand("ntfsfix " + Path() + " 2>&1").find("successfully"), std::string::npos);  // Marks it for chkdsk.
  const Error error = ErrorOf(Path());
  EXPECT_EQ(error.kind, ErrorKind::kUnsupported);
  EXPECT_THAT(error.reason, HasSubstr("dirty"));
  EXPECT_TRUE(OpenNtfsImage(Path(), true));
}

TEST_F(OpeningTest, RefusesToWriteWhereWindowsIsHibernated) {
  const FileId file = AddFile(u"hiberfil.sys", Sddl("O:BAG:SYD:(A;;FA;;;SY)"));
  Must(Builder().WriteContents(file, std::string("hibr") + std::string(4092, '\0')));
  const Error error = ErrorOf(Path());
  EXPECT_EQ(error.kind, ErrorKind::kUnsupported);
  EXPECT_THAT(error.reason, HasSubstr("hibernated"));
  EXPECT_TRUE(OpenNtfsImage(Path(), true));
}

TEST_F(OpeningTest, WritesNothingWhereOpenForReading) {
  const FileId file = AddFile(u"a", Sddl("O:BAG:SYD:(A;;FA;;;SY)"));
  const auto volume = OpenVolume(true);
  EXPECT_TRUE(volume->Info().read_only);
  EXPECT_EQ(Failure(volume->OpenById(file, Access::kWrite)), ErrorKind::kReadOnly);
  const auto root = Must(volume->OpenRoot(Access::kRead));
  EXPECT_EQ(Failure(volume->ProbeDescriptors(*root)), ErrorKind::kReadOnly);
}

TEST_F(OpeningTest, SaysThatTheFileIsReadOnly) {
  Builder();
  Finish();
  std::filesystem::permissions(Path(), std::filesystem::perms::owner_read);
  EXPECT_EQ(ErrorOf(Path()).kind, ErrorKind::kReadOnly);
  EXPECT_TRUE(OpenNtfsImage(Path(), true));
}

TEST_F(OpeningTest, LeavesTheBytesOfAnImageAloneThatItOnlyOpens) {
  AddFile(u"a", Sddl("O:BAG:SYD:(A;;FA;;;SY)"));
  Finish();
  const std::string before = RunCommand("md5sum " + Path());
  OpenVolume().reset();
  OpenVolume(true).reset();
  EXPECT_EQ(RunCommand("md5sum " + Path()), before);
}

}  // namespace
}  // namespace acledger::scanner
