// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include "tests/ntfs/test_image.h"

namespace acledger::scanner {
namespace {

const security::DescriptorBytes kAny = Sddl("O:BAG:SYD:(A;;FA;;;SY)");

using IdentityTest = TestImage;

TEST_F(IdentityTest, FindsAnObjectWhereverItWasMoved) {
  const FileId folder = AddFolder(u"folder", kAny), file = AddFile(u"here", kAny);
  Must(Builder().Move(file, Builder().Root(), u"here", folder, u"there"));
  const auto volume = OpenVolume(true);
  const auto names = Must(Must(volume->OpenById(file, Access::kRead))->Names());
  ASSERT_EQ(names.size(), 1u);
  EXPECT_EQ(names[0].name, u"there");
  EXPECT_EQ(names[0].parent, folder);
}

TEST_F(IdentityTest, DoesNotFindADeletedObject) {
  const FileId file = AddFile(u"file", kAny);
  Must(Builder().Remove(file, Builder().Root(), u"file"));
  const auto volume = OpenVolume(true);
  EXPECT_EQ(Failure(volume->OpenById(file, Access::kRead)), ErrorKind::kNotFound);
}

TEST_F(IdentityTest, DoesNotTakeTheNewOwnerOfARecordForTheOldOne) {
  const FileId file = AddFile(u"file", kAny);
  Must(Builder().Remove(file, Builder().Root(), u"file"));
  Finish();  // The library reuses a record from the next mount on.
  FileId reused;
  for (char16_t unit = u'a'; unit <= u'z' && (reused.low & 0xFFFFFFFFFFFF) != (file.low & 0xFFFFFFFFFFFF); ++unit) {
    reused = AddFile(std::u16string(1, unit), kAny);
  }
  ASSERT_EQ(reused.low & 0xFFFFFFFFFFFF, file.low & 0xFFFFFFFFFFFF);
  ASSERT_NE(reused, file);
  const auto volume = OpenVolume(true);
  EXPECT_EQ(Failure(volume->OpenById(file, Access::kRead)), ErrorKind::kNotFound);
  EXPECT_TRUE(volume->OpenById(reused, Access::kRead));
}

TEST_F(IdentityTest, RefusesIdsThatNtfsDoesNotHave) {
  Builder();
  const auto volume = OpenVolume(true);
  EXPECT_EQ(Failure(volume->OpenById({64, 1}, Access::kRead)), ErrorKind::kInvalid);
  EXPECT_EQ(Failure(volume->OpenById({0x0001FFFFFFFFFFFF, 0}, Access::kRead)), ErrorKind::kNotFound);
}

}  // namespace
}  // namespace acledger::scanner
