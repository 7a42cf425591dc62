// SPDX-License-Identifier: MIT
#include "scanner/ntfs/mft.h"

#include <gmock/gmock.h>

#include "tests/scanner/ntfs/memory_device.h"
#include "tests/scanner/ntfs/must.h"
#include "tests/scanner/ntfs/tiny_volume.h"

namespace acledger::scanner::ntfs {
namespace {

using format::ByteVector;
using testing::ElementsAre;
using testing::HasSubstr;

using Shape = TinyVolume::Shape;

// The numbers that a pass hands over, damaged ones negative.
std::vector<int> Numbers(const Mft& mft, Mft::Pass* pass = nullptr) {
  std::vector<int> numbers;
  const Mft::Pass done = mft.ForEach([&](std::uint32_t number, const Expected<RecordView>& record) {
    numbers.push_back(record ? static_cast<int>(number) : -static_cast<int>(number));
  });
  if (pass != nullptr) *pass = done;
  return numbers;
}

std::vector<int> NumbersOf(Shape shape) {
  TinyVolume volume(shape);
  volume.AddFile(63, u"last", TinyVolume::kRoot, 0x100);
  MemoryDevice device(volume.Build());
  return Numbers(Must(Mft::Open(device)));
}

TEST(Mft, HandsOverEveryRecordInUse) {
  TinyVolume volume;
  volume.AddFile(40, u"a", TinyVolume::kRoot, 0x100);
  MemoryDevice device(volume.Build());
  const Mft mft = Must(Mft::Open(device));
  EXPECT_EQ(mft.Records(), 64u);
  EXPECT_FALSE(mft.FirstCopyError());
  Mft::Pass pass;
  EXPECT_THAT(Numbers(mft, &pass), ElementsAre(0, 5, 9, 40));
  EXPECT_EQ(pass.used, 4u);
  EXPECT_EQ(pass.free, 60u);
  EXPECT_EQ(pass.blank, 0u);
}

TEST(Mft, ReadsItInOnePass) {
  MemoryDevice device(TinyVolume().Build());
  const Mft mft = Must(Mft::Open(device));
  const std::uint64_t before = device.reads;
  Numbers(mft);
  EXPECT_EQ(device.reads - before, 1u);
}

TEST(Mft, FollowsItsPieces) { EXPECT_THAT(NumbersOf({.pieces = 7}), ElementsAre(0, 5, 9, 63)); }

TEST(Mft, FollowsItsOwnList) {
  EXPECT_THAT(NumbersOf({.pieces = 4, .listed_from = 2}), ElementsAre(0, 5, 9, 15, 63));
  EXPECT_THAT(NumbersOf({.pieces = 4, .listed_from = 2, .nonresident_list = true}), ElementsAre(0, 5, 9, 15, 63));
}

TEST(Mft, ReadsRecordsThatAreLongerOrShorterThanClusters) {
  EXPECT_THAT(NumbersOf({.cluster_bytes = 512, .record_bytes = 4096, .pieces = 3}), ElementsAre(0, 5, 9, 63));
  EXPECT_THAT(NumbersOf({.cluster_bytes = 65536 / 8, .record_bytes = 512, .pieces = 3}), ElementsAre(0, 5, 9, 63));
}

TEST(Mft, TakesTheSpareCopyOfItsFirstRecord) {
  TinyVolume volume;
  MemoryDevice device(volume.Build());
  device.bytes[volume.RecordAt(0)] = 'X';
  const Mft mft = Must(Mft::Open(device));
  ASSERT_TRUE(mft.FirstCopyError());
  EXPECT_THAT(Numbers(mft), ElementsAre(0, 5, 9));  // Of record 0 the first copy is the one that counts: damaged.
}

TEST(Mft, SaysThatNeitherCopyServes) {
  TinyVolume volume;
  MemoryDevice device(volume.Build());
  device.bytes[volume.RecordAt(0)] = 'X';
  device.bytes[volume.MirrorAt()] = 'X';
  const auto mft = Mft::Open(device);
  ASSERT_EQ(Failure(mft), ErrorKind::kCorrupt);
  EXPECT_THAT(mft.error().ToString(), HasSubstr("MFT record 0"));
  EXPECT_EQ(mft.error().path, "memory");
}

TEST(Mft, RefusesAPartThatIsNotItsOwn) {
  for (const int change : {0, 1, 2}) {
    TinyVolume volume({.pieces = 4, .listed_from = 2});
    MemoryDevice device(volume.Build());
    const std::span<std::uint8_t> part(device.bytes.data() + volume.RecordAt(TinyVolume::kMftPart), 1024);
    if (change == 0) format::Put16(part, 16, 2);                            // Another sequence number.
    if (change == 1) format::Put64(part, 32, FileReference::Of(0, 2).raw);  // Of another file.
    if (change == 2) format::Put16(part, 22, 0);                            // Not in use.
    EXPECT_EQ(Failure(Mft::Open(device)), ErrorKind::kCorrupt) << change;
  }
}

TEST(Mft, LosesOnlyTheRecordsOfABadSector) {
  TinyVolume volume;
  volume.AddFile(40, u"a", TinyVolume::kRoot, 0x100);
  volume.AddFile(41, u"b", TinyVolume::kRoot, 0x100);
  MemoryDevice device(volume.Build());
  const Mft mft = Must(Mft::Open(device));
  device.bad_sectors = {volume.RecordAt(40) / 512 + 1};
  EXPECT_THAT(Numbers(mft), ElementsAre(0, 5, 9, -40, 41));
}

TEST(Mft, PassesOverBlankRecords) {
  TinyVolume volume;
  MemoryDevice device(volume.Build());
  std::fill_n(device.bytes.begin() + static_cast<std::ptrdiff_t>(volume.RecordAt(50)), 1024, std::uint8_t{0});
  Mft::Pass pass;
  Numbers(Must(Mft::Open(device)), &pass);
  EXPECT_EQ(pass.blank, 1u);
  device.bytes[volume.RecordAt(50) + 1000] = 1;
  EXPECT_THAT(Numbers(Must(Mft::Open(device))), ElementsAre(0, 5, 9, -50));
}

TEST(Mft, RefusesAVolumeThatIsLongerThanItsDevice) {
  MemoryDevice device(TinyVolume().Build());
  device.bytes.resize(device.bytes.size() - 512);
  EXPECT_EQ(Failure(Mft::Open(device)), ErrorKind::kCorrupt);
  device.bytes.resize(100);
  EXPECT_EQ(Failure(Mft::Open(device)), ErrorKind::kInvalid);
}

}  // namespace
}  // namespace acledger::scanner::ntfs
