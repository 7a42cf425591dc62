// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "scanner/ntfs/catalog.h"
#include "store/volume_store.h"

namespace acledger::scanner::ntfs {

struct StoreReport {
  std::uint64_t written = 0;    // Pages that differ from what was stored, those that are gone included.
  std::uint64_t unchanged = 0;  // Not touched.
  std::string dropped;          // Why what was stored before was not gone on with; empty: it was.
};

// Which volume was read, and when.
struct IndexedVolume {
  std::uint64_t serial = 0;
  std::string name;
  std::int64_t read_at = 0;  // Seconds since 1970, UTC.
};

// Puts a catalogue into the file of its volume's index: in one transaction, and only what differs. A file that turns
// out to be damaged is begun anew. `progress` is told how many of how many pages are done. What it takes beside the
// catalogue is a page and what SQLite caches.
Expected<StoreReport> StoreIndex(const Catalog& catalog, const DescriptorPool& pool, const IndexedVolume& volume,
                                 store::VolumeStore& store,
                                 const std::function<void(std::uint32_t done, std::uint32_t all)>& progress = {});

}  // namespace acledger::scanner::ntfs
