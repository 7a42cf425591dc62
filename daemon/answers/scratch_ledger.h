// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <memory>

#include "scanner/volume.h"
#include "store/ledger.h"

namespace acledger::daemon {

// A ledger in a temporary file that its owner alone can read and that goes with this: what a plan writes into.
class ScratchLedger {
 public:
  ScratchLedger();
  ~ScratchLedger();
  ScratchLedger(const ScratchLedger&) = delete;
  ScratchLedger& operator=(const ScratchLedger&) = delete;

  // Once. What `existing` (may be null) holds is copied into it. Lives as long as this.
  Expected<store::Ledger*> Open(store::Ledger* existing, const scanner::VolumeInfo& volume);

 private:
  std::filesystem::path path_;
  std::unique_ptr<store::Ledger> ledger_;
};

}  // namespace acledger::daemon
