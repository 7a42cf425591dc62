// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <optional>
#include <random>

#include "scanner/ntfs/catalog_builder.h"
#include "scanner/ntfs/index_store.h"
#include "store/sqlite/database.h"
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

inline const IndexedVolume kIndexed{1, "test.img", 1000};

// The file of an index of its own, gone at the end.
class ScratchStore {
 public:
  ScratchStore() {
    static int count = 0;
    std::random_device random;
    folder_ = std::filesystem::temp_directory_path() /
              ("acledger-index-" + std::to_string(random()) + "-" + std::to_string(++count));
    std::filesystem::create_directory(folder_);
    store_ = Must(store::VolumeStore::OpenToWrite(Path(), kIndexed.serial));
  }
  ~ScratchStore() {
    store_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  ScratchStore(const ScratchStore&) = delete;
  ScratchStore& operator=(const ScratchStore&) = delete;

  store::VolumeStore& operator*() { return *store_; }
  StoreReport Store(TinyVolume& volume) {
    const ReadVolume read(volume);
    return Must(StoreIndex(*read.catalog, read.pool, kIndexed, *store_));
  }
  // Behind its back.
  void RunSql(const std::string& sql) {
    Must(Must(store::sqlite::Database::Open(Path(), store::sqlite::OpenMode::kWrite))->Execute(sql.c_str(), "test"));
  }

 private:
  std::string Path() const { return (folder_ / "ledger.index").string(); }

  std::filesystem::path folder_;
  std::unique_ptr<store::VolumeStore> store_;
};

}  // namespace acledger::scanner::ntfs
