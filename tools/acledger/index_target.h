// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "daemon/answers/index.h"
#include "scanner/ntfs/block_device.h"
#include "scanner/volume.h"
#include "store/volume_store.h"
#include "tools/acledger/target.h"

namespace acledger::tools {

// The bytes of an image or a device, for who reads its tables; nobody may write it meanwhile (kBusy). `partition` as
// for daemon::OpenImage(). kUnsupported: it was not cleanly unmounted, unless `forced`.
Expected<std::unique_ptr<scanner::ntfs::BlockDevice>> OpenToIndex(const std::string& image, unsigned partition,
                                                                  bool forced);

// What the serial number in the first sector binds the ledger to. kUnsupported: no NTFS volume.
Expected<scanner::VolumeInfo> InfoOf(scanner::ntfs::BlockDevice& device, const std::string& name);

// Whose access the commands over the index are told beside the usual.
struct IndexWords {
  TargetOptions target;
  daemon::JudgeWords judge;
};
void AddIndexOptions(CLI::App& command, IndexWords& words);

// For whom verdicts are given: the principal that was named, or that of the ledger's grants where they are all for one
// (and one mask). Empty: neither, or no ledger. kInvalid: the words.
Expected<std::optional<store::Grant>> PrincipalOf(const IndexWords& words);

// The file of the index, beside the ledger.
Expected<std::string> IndexFile(const TargetOptions& target);
// kNotFound says what makes it.
Expected<std::unique_ptr<store::VolumeStore>> OpenIndexToRead(const TargetOptions& target);

// "2026-11-22 07:10:47 UTC".
std::string TimeText(std::int64_t seconds);

}  // namespace acledger::tools
