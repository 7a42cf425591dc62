// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "scanner/ntfs/block_device.h"
#include "scanner/ntfs/index_store.h"
#include "scanner/ntfs/index_verdict.h"
#include "scanner/progress.h"

namespace acledger::scanner::ntfs {

// What is read, for whom it is judged, and where it goes. All must outlive the call.
struct IndexWork {
  BlockDevice& device;
  IndexedVolume volume;
  const Judge* judge = nullptr;         // Null: no verdicts.
  store::VolumeStore* store = nullptr;  // Null: only read and counted.
  const StopFlag* stop = nullptr;       // Set: what was read so far is not stored.
  std::function<void(std::uint32_t done, std::uint32_t all)> stored = {};
};

struct IndexReport {
  CatalogReport read;
  std::uint64_t distinct = 0;  // Descriptors that an object has.
  double read_seconds = 0;     // And judged.
  std::optional<std::array<std::uint64_t, kIndexVerdicts>> verdicts;
  std::optional<StoreReport> stored;
  double store_seconds = 0;
};

// Reads a whole volume by its $MFT and $Secure, judges each distinct descriptor, and keeps what it found. Damage is in
// the report; it fails where no volume can be read at all, or nothing can be stored. kBusy: it was stopped.
Expected<IndexReport> MakeIndex(const IndexWork& work);

}  // namespace acledger::scanner::ntfs
