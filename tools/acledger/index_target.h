// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "scanner/ntfs/block_device.h"
#include "scanner/volume.h"
#include "tools/acledger/target.h"

namespace acledger::tools {

// A volume's bytes: a whole file or device, or one of its partitions.
struct IndexDevice {
  std::unique_ptr<scanner::ntfs::BlockDevice> whole;
  std::unique_ptr<scanner::ntfs::BlockDevice> partition;  // A part of `whole`; null: all of it.

  scanner::ntfs::BlockDevice& Get() const { return partition ? *partition : *whole; }
};

// Opens an image or a device to read. `partition` 0: it holds one volume, else kInvalid with the partitions that there
// are to choose from.
Expected<IndexDevice> OpenIndexDevice(const std::string& path, unsigned partition);

// What the serial number in the first sector binds the ledger to. kUnsupported: no NTFS volume.
Expected<scanner::VolumeInfo> InfoOf(scanner::ntfs::BlockDevice& device, const std::string& name);

// Which part of a disk, and whose access, the commands over the index are told beside the usual.
struct IndexWords {
  TargetOptions target;
  unsigned partition = 0;
  std::string principal, mask;
  std::vector<std::string> token_sids;

  // The ledger of a partition lies beside the image under a name of its own. Call it once, first.
  void ChooseLedger();
};
void AddIndexOptions(CLI::App& command, IndexWords& words);

// For whom verdicts are given: the principal that was named, or that of the ledger's grants where they are all for one
// (and one mask). Empty: neither. `ledger` may be null. kInvalid: the words.
Expected<std::optional<store::Grant>> PrincipalOf(const IndexWords& words, store::Ledger* ledger);

// "2026-11-22 07:10:47 UTC".
std::string TimeText(std::int64_t seconds);
// "0123456789ABCDEF".
std::string SerialText(std::uint64_t serial);

}  // namespace acledger::tools
