// SPDX-License-Identifier: MIT
#include "scanner/ntfs/secure.h"

#include <gmock/gmock.h>

#include "security/sddl.h"
#include "tests/scanner/ntfs/memory_device.h"
#include "tests/scanner/ntfs/must.h"
#include "tests/scanner/ntfs/tiny_volume.h"

namespace acledger::scanner::ntfs {
namespace {

using format::ByteVector;
using security::DescriptorBytes;

DescriptorBytes Sddl(std::string_view text) { return Must(security::FromSddl(text)); }

const DescriptorBytes& First() {
  static const DescriptorBytes bytes = Sddl("O:BAG:SYD:(A;;FA;;;SY)");
  return bytes;
}
const DescriptorBytes& Second() {
  static const DescriptorBytes bytes = Sddl("O:BAG:SYD:(A;;FA;;;WD)(A;;FR;;;AU)");
  return bytes;
}

class SecureTest : public testing::Test {
 protected:
  SecureTest() : device_({}) {
    for (const DescriptorBytes& bytes : {First(), Second(), First()}) volume_.AddDescriptor(bytes);
    device_.bytes = volume_.Build();
    second_at_ = (20 + First().size() + 15) / 16 * 16;
  }
  std::uint8_t& Copy1(std::size_t at) { return device_.bytes[volume_.SdsAt() + at]; }
  std::uint8_t& Copy2(std::size_t at) { return Copy1(TinyVolume::kSdsBlock + at); }

  Expected<SecureReport> Read() {
    ids_ = {};
    const Mft mft = Must(Mft::Open(device_));
    return ReadSecure(mft, pool_, ids_);
  }
  // What the id means; empty where nothing is sure.
  DescriptorBytes Of(std::uint32_t id) const {
    const DescriptorPool::Number number = ids_.Find(id);
    return number == DescriptorPool::kNone ? DescriptorBytes() : pool_.Get(number);
  }

  TinyVolume volume_;
  MemoryDevice device_;
  DescriptorPool pool_;
  SharedDescriptors ids_;
  std::size_t second_at_ = 0;
};

TEST_F(SecureTest, FindsEachDescriptorByItsId) {
  const SecureReport report = Must(Read());
  EXPECT_TRUE(report.IsSound());
  EXPECT_EQ(report.entries, 3u);
  EXPECT_EQ(Of(0x100), First());
  EXPECT_EQ(Of(0x101), Second());
  EXPECT_EQ(ids_.Find(0x100), ids_.Find(0x102));  // Equal bytes, one number.
  EXPECT_EQ(Of(0x103), DescriptorBytes());
  EXPECT_EQ(Of(0), DescriptorBytes());
  EXPECT_EQ(Of(0xFFFFFFFF), DescriptorBytes());
}

TEST_F(SecureTest, RepairsADamagedCopyFromTheOther) {
  Copy1(second_at_ + 30) ^= 1;
  Copy2(second_at_ + 20 + Second().size() + 40) ^= 1;  // Of the third.
  const SecureReport report = Must(Read());
  EXPECT_EQ(report.repaired, 2u);
  EXPECT_EQ(report.damaged, 0u);
  EXPECT_THAT(report.examples, testing::Contains(second_at_));
  EXPECT_EQ(Of(0x101), Second());
  EXPECT_EQ(Of(0x102), First());
}

TEST_F(SecureTest, KnowsNothingWhereBothCopiesAreDamaged) {
  Copy1(second_at_ + 30) ^= 1;
  Copy2(second_at_ + 40) ^= 1;
  const SecureReport report = Must(Read());
  EXPECT_EQ(report.damaged, 1u);
  EXPECT_EQ(Of(0x100), First());
  EXPECT_EQ(Of(0x101), DescriptorBytes());
  EXPECT_EQ(Of(0x102), First());  // Behind the damage.
}

TEST_F(SecureTest, FindsItsWayAfterADamagedLength) {
  format::Put32(device_.bytes, volume_.SdsAt() + second_at_ + 16, 0xFFFFFFFF);
  format::Put32(device_.bytes, volume_.SdsAt() + TinyVolume::kSdsBlock + second_at_ + 16, 3);
  Must(Read());
  EXPECT_EQ(Of(0x101), DescriptorBytes());
  EXPECT_EQ(Of(0x102), First());
}

TEST_F(SecureTest, HashesNoByteForEachPlaceBeforeItWhereEntriesOverlap) {
  ByteVector block(TinyVolume::kSdsBlock);
  for (std::size_t at = 0; at + 64 <= block.size(); at += 32) {
    format::Put32(block, at, 0xBAD), format::Put32(block, at + 4, 0x100), format::Put64(block, at + 8, at);
    format::Put32(block, at + 16, block.size() - at);
  }
  SecureReport report;
  ReadSecureBlock(block, block, 0, pool_, ids_, report);
  EXPECT_GT(report.damaged, 0u);
  EXPECT_GT(report.hashed_in_vain, block.size());
  EXPECT_LT(report.hashed_in_vain, 20 * block.size());
}

TEST_F(SecureTest, TrustsNoIdThatTheCopiesDisagreeAbout) {
  Copy1(second_at_ + 4) ^= 2;  // 0x101 becomes 0x103.
  const SecureReport report = Must(Read());
  EXPECT_EQ(report.ambiguous, 1u);
  EXPECT_EQ(Of(0x101), DescriptorBytes());
  EXPECT_EQ(Of(0x103), DescriptorBytes());
}

TEST_F(SecureTest, TrustsNoIdThatTwoEntriesHave) {
  Copy1(second_at_ + 4) = 0, Copy2(second_at_ + 4) = 0;  // 0x101 becomes 0x100.
  const SecureReport report = Must(Read());
  EXPECT_EQ(report.ambiguous, 1u);
  EXPECT_EQ(Of(0x100), DescriptorBytes());
  EXPECT_EQ(Of(0x101), DescriptorBytes());
  EXPECT_EQ(Of(0x102), First());
}

TEST_F(SecureTest, ReadsTheOtherCopyOfABadSector) {
  device_.bad_sectors = {volume_.SdsAt() / 512};
  const SecureReport report = Must(Read());
  EXPECT_EQ(report.entries, 3u);
  EXPECT_EQ(report.repaired, 3u);
  EXPECT_EQ(Of(0x101), Second());
}

TEST_F(SecureTest, SaysThatTheRecordIsDamaged) {
  device_.bytes[volume_.RecordAt(kSecureRecord)] = 0;
  EXPECT_EQ(Failure(Read()), ErrorKind::kCorrupt);
}

TEST_F(SecureTest, SaysThatThereIsNone) {
  volume_.Set({.number = kSecureRecord}, {});
  device_.bytes = volume_.Build();
  EXPECT_EQ(Failure(Read()), ErrorKind::kNotFound);
}

// Each byte of each entry in both copies, every bit: detected, and no id has another descriptor than it had.
TEST_F(SecureTest, DetectsEveryFlip) {
  const std::size_t end = second_at_ + (20 + Second().size() + 15) / 16 * 16 + 20 + First().size();
  const std::size_t gap1 = 20 + First().size(), gap2 = second_at_ + 20 + Second().size();
  const std::size_t third_at = (gap2 + 15) / 16 * 16;
  unsigned flips = 0;
  for (std::size_t at = 0; at < end; ++at) {
    const bool padding = (at >= gap1 && at < second_at_) || (at >= gap2 && at < third_at);
    for (int bit = 0; bit < 8 && !padding; ++bit) {
      for (const std::size_t copy : {std::size_t{0}, std::size_t{TinyVolume::kSdsBlock}}) {
        std::uint8_t& byte = Copy1(copy + at);
        byte ^= static_cast<std::uint8_t>(1 << bit);
        ids_ = {};
        SecureReport report;
        const Bytes all(device_.bytes.data() + volume_.SdsAt(), TinyVolume::kSdsBlock + 4096);
        ReadSecureBlock(all.first(4096), all.subspan(TinyVolume::kSdsBlock), 0, pool_, ids_, report);
        EXPECT_FALSE(report.IsSound()) << at << " bit " << bit;
        EXPECT_THAT(Of(0x100), testing::AnyOf(First(), DescriptorBytes()));
        EXPECT_THAT(Of(0x101), testing::AnyOf(Second(), DescriptorBytes()));
        EXPECT_THAT(Of(0x102), testing::AnyOf(First(), DescriptorBytes()));
        byte ^= static_cast<std::uint8_t>(1 << bit);
        ++flips;
      }
    }
  }
  EXPECT_GT(flips, 2'000u);
}

TEST(SecurityHash, SumsWordsUp) {
  EXPECT_EQ(SecurityHash(ByteVector{1, 0, 0, 0, 2, 0, 0, 0}), 10u);
  EXPECT_EQ(SecurityHash(ByteVector{0, 0, 0, 0x80, 0, 0, 0, 0}), 4u);
  EXPECT_EQ(SecurityHash(ByteVector{}), 0u);
}

TEST(SharedDescriptors, HoldsIdsOfAnySize) {
  SharedDescriptors ids;
  EXPECT_TRUE(ids.Add(0x100, 1));
  EXPECT_TRUE(ids.Add(0xFFFFFFFF, 2));
  EXPECT_TRUE(ids.Add(0xFFFFFFFF, 2));
  EXPECT_EQ(ids.Find(0xFFFFFFFF), 2u);
  EXPECT_EQ(ids.Ids(), 2u);
  EXPECT_FALSE(ids.Add(0x100, 3));
  EXPECT_FALSE(ids.Add(0x100, 1));
  EXPECT_EQ(ids.Find(0x100), DescriptorPool::kNone);
  EXPECT_EQ(ids.Ids(), 1u);
}

}  // namespace
}  // namespace acledger::scanner::ntfs
