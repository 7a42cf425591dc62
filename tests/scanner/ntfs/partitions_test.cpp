// SPDX-License-Identifier: MIT
#include "scanner/ntfs/partitions.h"

#include <gmock/gmock.h>

#include <random>

#include "tests/scanner/ntfs/format.h"
#include "tests/scanner/ntfs/memory_device.h"
#include "tests/scanner/ntfs/must.h"

namespace acledger::scanner::ntfs {
namespace {

using format::ByteVector;
using format::Put16;
using format::Put32;
using format::Put64;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::size_t kDiskBytes = 1 << 20;

void PutEntry(ByteVector& disk, std::size_t table, unsigned index, std::uint8_t type, std::uint32_t first,
              std::uint32_t count) {
  const std::size_t at = table * 512 + 446 + index * 16;
  disk[at + 4] = type;
  Put32(disk, at + 8, first);
  Put32(disk, at + 12, count);
  disk[table * 512 + 510] = 0x55, disk[table * 512 + 511] = 0xAA;
}
void PutVolume(ByteVector& disk, std::size_t sector) {
  const ByteVector boot = format::Boot({});
  std::ranges::copy(boot, disk.begin() + static_cast<std::ptrdiff_t>(sector * 512));
}
std::vector<Partition> List(const ByteVector& disk) {
  MemoryDevice device(disk);
  return Must(ListPartitions(device));
}

std::uint32_t Crc(const std::uint8_t* at, std::size_t size) {
  std::uint32_t crc = ~0u;
  for (std::size_t i = 0; i < size; ++i) {
    crc ^= at[i];
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (crc % 2 != 0 ? 0xEDB88320u : 0u);
  }
  return ~crc;
}

// A GPT with two copies and one partition, at this place in the table.
ByteVector GptDisk(std::size_t sector, unsigned place) {
  ByteVector disk(kDiskBytes);
  PutEntry(disk, 0, 0, 0xEE, 1, 0xFFFFFFFF);
  const std::size_t last = kDiskBytes / sector - 1, entries_bytes = 128 * 128;
  for (const auto& [header, entries] :
       {std::pair(std::size_t{1}, std::size_t{2}), std::pair(last, last - entries_bytes / sector)}) {
    const std::size_t entry = entries * sector + place * 128, at = header * sector;
    disk[entry] = 0xA2;
    Put64(disk, entry + 32, 64), Put64(disk, entry + 40, 99);
    for (std::size_t i = 0; i < 4; ++i) Put16(disk, entry + 56 + 2 * i, static_cast<std::uint64_t>("Data"[i]));
    for (std::size_t i = 0; i < 8; ++i) disk[at + i] = static_cast<std::uint8_t>("EFI PART"[i]);
    Put32(disk, at + 8, 0x10000), Put32(disk, at + 12, 92);
    Put64(disk, at + 24, header), Put64(disk, at + 72, entries);
    Put32(disk, at + 80, 128), Put32(disk, at + 84, 128);
    Put32(disk, at + 88, Crc(&disk[entries * sector], entries_bytes));
    Put32(disk, at + 16, Crc(&disk[at], 92));
  }
  return disk;
}

TEST(PartitionsTest, ListsThoseOfAnMbrAndTheLogicalOnes) {
  ByteVector disk(kDiskBytes);
  PutEntry(disk, 0, 0, 0x07, 8, 100);
  PutEntry(disk, 0, 2, 0x0F, 200, 1000);
  PutEntry(disk, 200, 0, 0x07, 10, 50);
  PutEntry(disk, 200, 1, 0x05, 100, 200);
  PutEntry(disk, 300, 0, 0x83, 20, 60);
  PutVolume(disk, 210);
  const auto partitions = List(disk);
  ASSERT_THAT(partitions, SizeIs(3));
  EXPECT_EQ(partitions[0].number, 1u);
  EXPECT_EQ(partitions[0].offset, 8u * 512);
  EXPECT_EQ(partitions[0].bytes, 100u * 512);
  EXPECT_FALSE(partitions[0].holds_ntfs);
  EXPECT_EQ(partitions[1].number, 5u);
  EXPECT_EQ(partitions[1].offset, 210u * 512);
  EXPECT_TRUE(partitions[1].holds_ntfs);
  EXPECT_EQ(partitions[2].number, 6u);
  EXPECT_EQ(partitions[2].offset, 320u * 512);
}

TEST(PartitionsTest, GivesNoNumberToALogicalOneThatIsNotThere) {
  ByteVector disk(kDiskBytes);
  PutEntry(disk, 0, 0, 0x05, 200, 1000);
  PutEntry(disk, 200, 1, 0x05, 100, 200);
  PutEntry(disk, 300, 0, 0x07, 20, 60);
  const auto partitions = List(disk);
  ASSERT_THAT(partitions, SizeIs(1));
  EXPECT_EQ(partitions[0].number, 5u);
  EXPECT_EQ(partitions[0].offset, 320u * 512);
}

TEST(PartitionsTest, EndsWhereLogicalOnesGoInCircles) {
  ByteVector disk(kDiskBytes);
  PutEntry(disk, 0, 0, 0x05, 200, 1000);
  PutEntry(disk, 200, 0, 0x07, 10, 50);
  PutEntry(disk, 200, 1, 0x05, 100, 200);
  PutEntry(disk, 300, 1, 0x05, 100, 200);
  MemoryDevice device(disk);
  EXPECT_FALSE(Must(ListPartitions(device)).empty());
  EXPECT_LT(device.reads, 300u);
}

TEST(PartitionsTest, ListsThoseOfAGptWithEitherSectorSize) {
  for (const std::size_t sector : {512u, 4096u}) {
    const auto partitions = List(GptDisk(sector, 2));
    ASSERT_THAT(partitions, SizeIs(1)) << sector;
    EXPECT_EQ(partitions[0].number, 3u);
    EXPECT_EQ(partitions[0].offset, 64 * sector);
    EXPECT_EQ(partitions[0].bytes, 36 * sector);
    EXPECT_EQ(partitions[0].name, "Data");
  }
}

TEST(PartitionsTest, TakesTheSpareGptWhereTheFirstIsDamaged) {
  ByteVector disk = GptDisk(512, 0);
  disk[512 + 40] ^= 1;
  EXPECT_THAT(List(disk), SizeIs(1));
  disk[kDiskBytes - 512 + 40] ^= 1;
  MemoryDevice device(disk);
  EXPECT_EQ(Failure(ListPartitions(device)), ErrorKind::kCorrupt);
}

TEST(PartitionsTest, FindsNoneInAVolume) {
  ByteVector disk(kDiskBytes);
  PutVolume(disk, 0);
  disk[510] = 0x55, disk[511] = 0xAA;
  disk[446 + 4] = 0x07, disk[446 + 12] = 9;  // Code that looks like a table.
  EXPECT_THAT(List(disk), IsEmpty());
  EXPECT_THAT(List(ByteVector(kDiskBytes)), IsEmpty());
  EXPECT_THAT(List(ByteVector(100)), IsEmpty());
}

TEST(PartitionsTest, LeavesOutWhatDoesNotLieOnTheDisk) {
  ByteVector disk(kDiskBytes);
  PutEntry(disk, 0, 0, 0x07, 8, 100'000);
  PutEntry(disk, 0, 1, 0x07, 0xFFFFFFFF, 0xFFFFFFFF);
  EXPECT_THAT(List(disk), IsEmpty());
}

TEST(PartitionsTest, StandsAnyBytes) {
  std::mt19937 random(8);
  const ByteVector gpt = GptDisk(512, 1);
  for (int round = 0; round < 3'000; ++round) {
    ByteVector disk = gpt;
    if (round % 2 == 0) PutEntry(disk, 0, 0, 0x05, static_cast<std::uint32_t>(random() % 2048), 1000);
    for (int i = 0; i < 6; ++i) disk[random() % 2048] = static_cast<std::uint8_t>(random());
    MemoryDevice device(std::move(disk));
    const auto partitions = ListPartitions(device);
    if (!partitions) continue;
    for (const Partition& partition : *partitions) ASSERT_LE(partition.offset + partition.bytes, device.Size());
  }
}

}  // namespace
}  // namespace acledger::scanner::ntfs
