// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>

#include "scanner/ntfs/catalog.h"
#include "store/ledger.h"

namespace acledger::scanner::ntfs {

struct StoreReport {
  std::uint64_t written = 0;    // Pages that differ from what the ledger held, those that are gone included.
  std::uint64_t unchanged = 0;  // Not touched.
};

// Puts a catalogue into the ledger of its volume, as the index of the whole volume: in one transaction, and only what
// differs. `read_at`: when its $MFT was read, in seconds since 1970. `progress` is told how many of how many pages are
// done. What it takes beside the catalogue is a page and what SQLite caches.
Expected<StoreReport> StoreIndex(const Catalog& catalog, const DescriptorPool& pool, store::Ledger& ledger,
                                 std::int64_t read_at,
                                 const std::function<void(std::uint32_t done, std::uint32_t all)>& progress = {});

}  // namespace acledger::scanner::ntfs
