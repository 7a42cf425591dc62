// SPDX-License-Identifier: MIT
#include "scanner/ntfs/boot_sector.h"

#include <gmock/gmock.h>

#include "tests/scanner/ntfs/format.h"
#include "tests/scanner/ntfs/must.h"

namespace acledger::scanner::ntfs {
namespace {

using testing::HasSubstr;

BootSector Read(const format::BootFields& fields) { return Must(BootSector::Parse(format::Boot(fields))); }
std::string WhyNot(const format::BootFields& fields) { return Why(BootSector::Parse(format::Boot(fields))); }

TEST(BootSector, TellsTheShapeOfTheVolume) {
  const BootSector boot = Read({});
  EXPECT_EQ(boot.sector_bytes, 512u);
  EXPECT_EQ(boot.cluster_bytes, 4096u);
  EXPECT_EQ(boot.record_bytes, 1024u);
  EXPECT_EQ(boot.clusters, 256u);
  EXPECT_EQ(boot.mft_cluster, 4u);
  EXPECT_EQ(boot.mirror_cluster, 2u);
  EXPECT_EQ(boot.serial, 0x1122334455667788u);
  EXPECT_EQ(boot.VolumeBytes(), 1u << 20);
}

TEST(BootSector, ReadsEverySizeOfSectors) {
  for (const std::uint16_t bytes : std::initializer_list<std::uint16_t>{256, 512, 1024, 2048, 4096}) {
    EXPECT_EQ(Read({.sector_bytes = bytes, .sectors_per_cluster = 1}).cluster_bytes, bytes);
  }
}

TEST(BootSector, ReadsClustersFromASectorToTwoMebibytes) {
  EXPECT_EQ(Read({.sectors_per_cluster = 0x80}).cluster_bytes, 64u << 10);
  EXPECT_EQ(Read({.sectors_per_cluster = 0xF8, .sectors = 1 << 20}).cluster_bytes, 128u << 10);
  EXPECT_EQ(Read({.sectors_per_cluster = 0xF4, .sectors = 1 << 20}).cluster_bytes, 2u << 20);
  EXPECT_EQ(Read({.sector_bytes = 4096, .sectors_per_cluster = 0xF7, .sectors = 1 << 20}).cluster_bytes, 2u << 20);
}

TEST(BootSector, ReadsRecordSizesInBothForms) {
  EXPECT_EQ(Read({.record_size = 1}).record_bytes, 4096u);
  EXPECT_EQ(Read({.record_size = 0xF4}).record_bytes, 4096u);
  EXPECT_EQ(Read({.record_size = 0xF7}).record_bytes, 512u);
}

TEST(BootSector, ReadsAHugeVolume) {
  // 8 PiB, the most that Windows formats.
  const BootSector boot = Read({.sectors_per_cluster = 0xF4, .sectors = 1ull << 44, .mft_cluster = (1ull << 32) - 1});
  EXPECT_EQ(boot.clusters, 1ull << 32);
  EXPECT_EQ(boot.VolumeBytes(), 1ull << 53);
}

TEST(BootSector, SaysWhatCannotBe) {
  EXPECT_THAT(WhyNot({.sector_bytes = 768}), HasSubstr("sectors of 768"));
  EXPECT_THAT(WhyNot({.sector_bytes = 8192}), HasSubstr("sectors of 8192"));
  EXPECT_THAT(WhyNot({.sectors_per_cluster = 0}), HasSubstr("clusters of 0"));
  EXPECT_THAT(WhyNot({.sectors_per_cluster = 3}), HasSubstr("clusters of 1536"));
  EXPECT_THAT(WhyNot({.sectors_per_cluster = 0xF3}), HasSubstr("clusters of 4194304"));
  EXPECT_THAT(WhyNot({.sectors_per_cluster = 0x81}), HasSubstr("clusters of 0"));
  EXPECT_THAT(WhyNot({.record_size = 0}), HasSubstr("records of 0"));
  EXPECT_THAT(WhyNot({.record_size = 0xF8}), HasSubstr("records of 256"));
  EXPECT_THAT(WhyNot({.record_size = 0x80}), HasSubstr("records of 0"));
  EXPECT_THAT(WhyNot({.sectors = 0}), HasSubstr("not one cluster"));
  EXPECT_THAT(WhyNot({.sectors = 1ull << 63}), HasSubstr("more sectors"));
  EXPECT_THAT(WhyNot({.mft_cluster = 256}), HasSubstr("$MFT begins behind"));
}

TEST(BootSector, KnowsWhatIsNoNtfs) {
  EXPECT_EQ(Failure(BootSector::Parse(format::ByteVector(512))), ErrorKind::kInvalid);
  EXPECT_EQ(Failure(BootSector::Parse(format::ByteVector(100))), ErrorKind::kInvalid);
  format::ByteVector locked = format::Boot({});
  std::ranges::copy(std::string_view("-FVE-FS-"), locked.begin() + 3);
  EXPECT_THAT(Why(BootSector::Parse(locked)), HasSubstr("BitLocker"));
}

}  // namespace
}  // namespace acledger::scanner::ntfs
