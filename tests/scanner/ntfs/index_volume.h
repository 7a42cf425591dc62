// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <optional>
#include <random>

#include "scanner/ntfs/catalog_builder.h"
#include "scanner/ntfs/index_store.h"
#include "tests/scanner/ntfs/memory_device.h"
#include "tests/scanner/ntfs/must.h"
#include "tests/scanner/ntfs/tiny_volume.h"

namespace acledger::scanner::ntfs {

// A catalogue and what its descriptors' numbers mean.
struct ReadVolume {
  DescriptorPool pool;
  std::optional<Catalog> catalog;

  explicit ReadVolume(TinyVolume& volume) {
    MemoryDevice device(volume.Build());
    catalog.emplace(Must(ReadCatalog(device, pool)));
  }
};

// A ledger of its own, gone at the end.
class ScratchLedger {
 public:
  ScratchLedger() {
    static int count = 0;
    std::random_device random;
    folder_ = std::filesystem::temp_directory_path() /
              ("acledger-index-" + std::to_string(random()) + "-" + std::to_string(++count));
    std::filesystem::create_directory(folder_);
    store::OpenOptions options;
    options.volume_serial = 1;
    ledger_ = Must(store::Ledger::Open((folder_ / "ledger.db").string(), options));
  }
  ~ScratchLedger() {
    ledger_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  ScratchLedger(const ScratchLedger&) = delete;
  ScratchLedger& operator=(const ScratchLedger&) = delete;

  store::Ledger& operator*() { return *ledger_; }
  StoreReport Store(TinyVolume& volume) {
    const ReadVolume read(volume);
    return Must(StoreIndex(*read.catalog, read.pool, *ledger_, 1000));
  }

 private:
  std::filesystem::path folder_;
  std::unique_ptr<store::Ledger> ledger_;
};

}  // namespace acledger::scanner::ntfs
