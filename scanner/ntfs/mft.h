// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "scanner/ntfs/block_device.h"
#include "scanner/ntfs/boot_sector.h"
#include "scanner/ntfs/read_ahead.h"
#include "scanner/ntfs/stream.h"

namespace acledger::scanner::ntfs {

// Numbers of records that NTFS gave a meaning to.
inline constexpr std::uint64_t kMftRecord = 0, kRootRecord = 5, kSecureRecord = 9, kFirstUserRecord = 24;

// $MFT, the file that holds a record for each object of the volume, however many parts it lies in.
class Mft {
 public:
  // Reads the boot sector and finds all of $MFT by its own record, or by the spare copy of that record in $MFTMirr
  // where the first is damaged. The device must outlive it. kInvalid: no NTFS volume; kCorrupt: neither copy serves, a
  // part of $MFT cannot be found (then objects would be missed), or the volume is longer than the device; kTooLarge:
  // more than 2^32 records, which NTFS cannot have; else the device's error.
  static Expected<Mft> Open(BlockDevice& device);

  const BootSector& Boot() const { return boot_; }
  BlockDevice& Device() const { return *device_; }
  std::uint32_t Records() const { return records_; }  // Those that were ever written, used or free.
  // Why the spare copy was taken; empty where it was not.
  const std::optional<Error>& FirstCopyError() const { return first_copy_error_; }
  const Stream& Contents() const { return stream_; }

  // One record; `room` is Boot().record_bytes long and holds what the view shows. kCorrupt, see RecordView::Parse().
  Expected<RecordView> Read(std::uint64_t number, std::span<std::uint8_t> room) const;

  struct Pass {
    std::uint64_t used = 0;   // Handed to `take`, the damaged ones too.
    std::uint64_t free = 0;   // Not in use: whatever else they hold counts for nothing.
    std::uint64_t blank = 0;  // Never written.
  };
  // Reads all of $MFT once, in large pieces, and calls `take` for each record in use, in order. A record that is
  // damaged or cannot be read is handed over as its error; the pass goes on. The view is valid for the call only.
  using Take = std::function<void(std::uint32_t number, const Expected<RecordView>& record)>;
  Pass ForEach(const Take& take) const;

 private:
  Mft(BlockDevice& device, const BootSector& boot) : device_(&device), boot_(boot), stream_(device, boot) {}
  Expected<void> Find(std::uint64_t at_cluster);
  void TakePiece(std::uint32_t first, const ReadAhead::Piece& piece, const Take& take, Pass& pass) const;
  void TakeOneByOne(std::uint32_t first, std::span<std::uint8_t> room, const Take& take, Pass& pass) const;

  BlockDevice* device_;
  BootSector boot_;
  Stream stream_;
  std::uint32_t records_ = 0;
  std::optional<Error> first_copy_error_;
};

}  // namespace acledger::scanner::ntfs
