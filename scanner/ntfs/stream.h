// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>

#include "scanner/ntfs/block_device.h"
#include "scanner/ntfs/boot_sector.h"
#include "scanner/ntfs/runs.h"

namespace acledger::scanner::ntfs {

// The bytes of a non-resident attribute, wherever they lie. The device must outlive it. After the last
// Append() any number of threads.
class Stream {
 public:
  Stream(BlockDevice& device, const BootSector& boot, Holes holes = Holes::kRefused)
      : device_(&device),
        cluster_bytes_(boot.cluster_bytes),
        record_bytes_(boot.record_bytes),
        runs_(boot.clusters, holes) {}

  // Adds the next part; the first says how long it all is. See RunList::Append().
  Expected<void> Append(const AttributeView& part);
  // kCorrupt where the parts so far do not hold all of it, or share clusters.
  Expected<void> CheckWhole() const;

  std::uint64_t Size() const { return size_; }
  std::size_t RecordBytes() const { return record_bytes_; }  // Of the volume.
  // What was ever written; behind it NTFS gives zeros, and so does Read().
  std::uint64_t InitialisedBytes() const { return initialised_; }
  const RunList& Runs() const { return runs_; }

  // The first place from `offset` on that is not in a hole; Size() where there is none.
  std::uint64_t NextData(std::uint64_t offset) const;

  // Fills `to` from `offset` on. kInvalid past Size(), kCorrupt where no run is there, else the device's error.
  Expected<void> Read(std::uint64_t offset, std::span<std::uint8_t> to) const;

 private:
  Expected<void> ReadRuns(std::uint64_t offset, std::span<std::uint8_t> to) const;

  BlockDevice* device_;
  std::uint64_t cluster_bytes_;
  std::size_t record_bytes_;
  RunList runs_;
  std::uint64_t size_ = 0, initialised_ = 0;
};

}  // namespace acledger::scanner::ntfs
