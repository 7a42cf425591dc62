// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scanner/ntfs/block_device.h"

namespace acledger::scanner::ntfs {

// A part of a disk, as its partition table has it.
struct Partition {
  unsigned number = 0;  // As Linux counts them: MBR 1 to 4, logical ones from 5; GPT by the place in its table, from 1.
  std::uint64_t offset = 0, bytes = 0;
  std::string name;         // GPT only.
  bool holds_ntfs = false;  // Its first sector is that of an NTFS volume.
};

// The partitions of a disk or of an image of one; empty: no partition table, the device may be one volume. Reads an MBR
// with its chain of logical partitions, or a GPT (the spare one where the first is damaged); sectors of 512 or 4096
// bytes. kCorrupt: a protective MBR, and neither GPT is whole. Partitions that do not lie on the device are left out.
// Only reads, and a bounded number of times.
Expected<std::vector<Partition>> ListPartitions(BlockDevice& device);

// Which part of a device holds the volume that is meant.
struct DiskPart {
  unsigned partition = 0;               // 0: the device is one volume.
  std::uint64_t offset = 0, bytes = 0;  // Of a partition.
};

inline constexpr char kChoosePartition[] = "choose a partition";
// kInvalid (operation kChoosePartition), with the partitions that there are, where the words do not fit the device:
// none named on a partitioned disk, one named that is not there.
Expected<DiskPart> FindPart(BlockDevice& device, unsigned partition);

}  // namespace acledger::scanner::ntfs
