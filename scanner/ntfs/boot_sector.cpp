// SPDX-License-Identifier: MIT
#include "scanner/ntfs/boot_sector.h"

#include <cstring>
#include <limits>
#include <string>

namespace acledger::scanner::ntfs {
namespace {

constexpr char kOperation[] = "read boot sector";
constexpr std::uint32_t kMaxClusterBytes = std::uint32_t{2} << 20;
constexpr std::uint32_t kMaxRecordBytes = std::uint32_t{64} << 10;
constexpr std::uint32_t kFixupStride = 512;

std::unexpected<Error> Corrupt(std::string reason) { return Fail(ErrorKind::kCorrupt, kOperation, std::move(reason)); }

// Up to 128 sectors are written as they are; more (Windows 10 1709 and later) as a negative power of two.
// 0 where it can be neither.
std::uint64_t SectorsPerCluster(std::uint8_t coded) {
  if (coded <= 0x80) return coded;
  const unsigned power = 0x100u - coded;
  return power <= 31 ? std::uint64_t{1} << power : 0;
}

// Whole clusters, or a negative power of two of bytes. 0 where it can be neither.
std::uint64_t RecordBytes(std::uint8_t coded, std::uint32_t cluster_bytes) {
  if (coded < 0x80) return std::uint64_t{coded} * cluster_bytes;
  const unsigned power = 0x100u - coded;
  return power <= 31 ? std::uint64_t{1} << power : 0;
}

Expected<void> ReadSizes(Bytes bytes, BootSector& boot) {
  boot.sector_bytes = LoadU16(bytes.data() + 0x0B);
  if (!IsPowerOfTwo(boot.sector_bytes) || boot.sector_bytes < 256 || boot.sector_bytes > 4096) {
    return Corrupt("sectors of " + std::to_string(boot.sector_bytes) + " bytes");
  }
  const std::uint64_t cluster = SectorsPerCluster(bytes[0x0D]) * boot.sector_bytes;
  if (!IsPowerOfTwo(cluster) || cluster > kMaxClusterBytes) {
    return Corrupt("clusters of " + std::to_string(cluster) + " bytes");
  }
  boot.cluster_bytes = static_cast<std::uint32_t>(cluster);
  const std::uint64_t record = RecordBytes(bytes[0x40], boot.cluster_bytes);
  if (!IsPowerOfTwo(record) || record < kFixupStride || record > kMaxRecordBytes) {
    return Corrupt("MFT records of " + std::to_string(record) + " bytes");
  }
  boot.record_bytes = static_cast<std::uint32_t>(record);
  return {};
}

}  // namespace

Expected<BootSector> BootSector::Parse(Bytes bytes) {
  if (bytes.size() < kBytes) return Fail(ErrorKind::kInvalid, kOperation, "shorter than a sector");
  // The marker 55 AA at the end is not asked for: NTFS itself does without.
  if (std::memcmp(bytes.data() + 3, "NTFS    ", 8) != 0) {
    const bool locked = std::memcmp(bytes.data() + 3, "-FVE-FS-", 8) == 0;
    return Fail(ErrorKind::kInvalid, kOperation, locked ? "encrypted by BitLocker" : "not an NTFS volume");
  }
  BootSector boot;
  if (auto read = ReadSizes(bytes, boot); !read) return std::unexpected(read.error());
  const std::uint64_t sectors = LoadU64(bytes.data() + 0x28);
  if (sectors > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) / boot.sector_bytes) {
    return Corrupt("more sectors than can be addressed");
  }
  boot.clusters = sectors / (boot.cluster_bytes / boot.sector_bytes);
  if (boot.clusters == 0) return Corrupt("not one cluster");
  boot.mft_cluster = LoadU64(bytes.data() + 0x30);
  boot.mirror_cluster = LoadU64(bytes.data() + 0x38);
  boot.serial = LoadU64(bytes.data() + 0x48);
  // The mirror is only a spare: where it lies outside, it is not looked at.
  if (boot.mft_cluster >= boot.clusters) return Corrupt("$MFT begins behind the end of the volume");
  return boot;
}

}  // namespace acledger::scanner::ntfs
