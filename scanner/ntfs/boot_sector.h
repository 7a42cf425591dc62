// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "scanner/ntfs/bytes.h"
#include "security/error.h"

namespace acledger::scanner::ntfs {

// What the first sector of a volume says of its shape. Sizes are in bytes and powers of two.
struct BootSector {
  static constexpr std::size_t kBytes = 512;  // What Parse() looks at; a sector may be longer.

  std::uint32_t sector_bytes = 0;   // 256 to 4096.
  std::uint32_t cluster_bytes = 0;  // From one sector to 2 MiB.
  std::uint32_t record_bytes = 0;   // Of a record of $MFT: 512 to 64 KiB.
  std::uint64_t clusters = 0;       // Whole ones. Cluster numbers are below this.
  std::uint64_t mft_cluster = 0, mirror_cluster = 0;
  std::uint64_t serial = 0;  // All 64 bits of the volume serial number.

  // kInvalid where this is no NTFS boot sector, kCorrupt where it is one whose numbers cannot be; both say which.
  static Expected<BootSector> Parse(Bytes bytes);

  std::uint64_t VolumeBytes() const { return clusters * cluster_bytes; }
};

}  // namespace acledger::scanner::ntfs
