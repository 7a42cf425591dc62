// SPDX-License-Identifier: MIT
#include "daemon/answers/scratch_ledger.h"

#include <random>
#include <string>

namespace acledger::daemon {

ScratchLedger::ScratchLedger() {
  std::random_device random;
  path_ = std::filesystem::temp_directory_path() /
          ("acledger-plan-" + std::to_string(random()) + std::to_string(random()) + ".db");
}

ScratchLedger::~ScratchLedger() {
  ledger_.reset();
  std::error_code ignored;  // What stays is a temporary file.
  for (const char* suffix : {"", "-wal", "-shm", ".lock", ".lock-journal"})
    std::filesystem::remove(path_.string() + suffix, ignored);
}

Expected<store::Ledger*> ScratchLedger::Open(store::Ledger* existing, const scanner::VolumeInfo& volume) {
  if (existing)
    if (Expected<void> copied = existing->CopyTo(path_.string()); !copied) return std::unexpected(copied.error());
  Expected<std::unique_ptr<store::Ledger>> opened =
      store::Ledger::Open(path_.string(), {.volume_serial = volume.serial, .volume_name = volume.name});
  if (!opened) return std::unexpected(opened.error());
  ledger_ = std::move(*opened);
  return ledger_.get();
}

}  // namespace acledger::daemon
