// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <fstream>
#include <random>

#include "tests/ntfs/test_image.h"

namespace acledger::scanner {
namespace {

using security::DescriptorBytes;

const DescriptorBytes kMarked = Sddl("O:BAG:SYD:(A;;FA;;;S-1-5-21-11111111-22222222-33333333-44444444)");

// Images with bytes overwritten: an error for the object, never a crash or another descriptor.
class DamageTest : public TestImage {
 protected:
  std::string Contents() {
    Finish();
    std::ifstream file(Path(), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
  void Replace(const std::string& contents) { std::ofstream(Path(), std::ios::binary) << contents; }

  // Overwrites the first `copies` places that hold `bytes`.
  void Spoil(const DescriptorBytes& bytes, int copies) {
    std::string contents = Contents();
    const std::string wanted(bytes.begin(), bytes.end());
    std::size_t at = 0;
    for (int copy = 0; copy < copies; ++copy) {
      at = contents.find(wanted, at);
      ASSERT_NE(at, contents.npos);
      contents[at + 30] ^= 0x40;
      at += wanted.size();
    }
    Replace(contents);
  }
};

TEST_F(DamageTest, TakesTheSecondCopyWhereTheFirstIsSpoilt) {
  const FileId id = AddFile(u"a", kMarked);
  Spoil(kMarked, 1);
  EXPECT_EQ(Read(*Must(OpenVolume(true)->OpenById(id, Access::kRead))), kMarked);
}

TEST_F(DamageTest, SaysThatBothCopiesAreSpoilt) {
  const FileId id = AddFile(u"a", kMarked);
  Spoil(kMarked, 2);
  const auto volume = OpenVolume(true);
  DescriptorBytes bytes;
  const auto read = Must(volume->OpenById(id, Access::kRead))->ReadDescriptor(bytes);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, ErrorKind::kCorrupt);
}

TEST_F(DamageTest, GivesNobodyASpoiltDescriptor) {
  const DescriptorBytes plain = Sddl("O:BAG:SYD:(A;;FA;;;SY)");
  AddFile(u"a", kMarked);
  const FileId other = AddFile(u"b", plain);
  Spoil(kMarked, 2);
  WriteOnce(other, kMarked);
  EXPECT_EQ(Read(*Must(OpenVolume(true)->OpenById(other, Access::kRead))), kMarked);
}

TEST_F(DamageTest, SaysThatASecurityIdLeadsNowhere) {
  const FileId id = Must(Builder().AddFile(Builder().Root(), u"a", 9'999));
  const auto volume = OpenVolume();
  const auto file = Must(volume->OpenById(id, Access::kWrite));
  DescriptorBytes bytes;
  EXPECT_EQ(Failure(file->ReadDescriptor(bytes)), ErrorKind::kCorrupt);
  EXPECT_EQ(Failure(file->WriteDacl(kMarked)), ErrorKind::kCorrupt);
}

// Anything may be answered but a crash, and a descriptor that is read is one that was written.
TEST_F(DamageTest, StandsDamageAnywhere) {
  std::vector<FileId> ids;
  for (char16_t unit = u'a'; unit <= u'z'; ++unit) ids.push_back(AddFile(std::u16string(20, unit), kMarked));
  const FileId folder = AddFolder(u"folder", kMarked);
  for (int i = 0; i < 200; ++i) {
    Must(Builder().AddFile(folder, u"file " + std::u16string(1, static_cast<char16_t>(0x4E00 + i)), 257));
  }
  const std::string whole = Contents().substr(0, 512 << 10);  // $MFT, $Secure and the folders' indexes lie there.
  std::mt19937 random(9);
  unsigned read = 0;
  for (int round = 0; round < 150; ++round) {
    std::string damaged = whole;
    for (int change = 0; change < 200; ++change) {
      const std::size_t at = 512 + random() % (damaged.size() - 512);
      if (damaged[at] != '\0') damaged[at] = static_cast<char>(random());
    }
    std::fstream(Path(), std::ios::in | std::ios::out | std::ios::binary) << damaged;
    const auto volume = OpenNtfsImage(Path(), true);
    if (!volume) continue;
    for (const FileId& id : ids) {
      const auto file = (*volume)->OpenById(id, Access::kRead);
      DescriptorBytes bytes;
      if (!file || !(*file)->ReadDescriptor(bytes)) continue;
      (void)(*file)->Info();
      ++read;
    }
    const auto opened = (*volume)->OpenById(folder, Access::kRead);
    if (opened) (void)(*opened)->List([](auto) { return true; });
    if (opened) (void)(*opened)->OpenChild(u"FILE \u4E10", Access::kRead);
  }
  EXPECT_GT(read, 0u);
}

}  // namespace
}  // namespace acledger::scanner
