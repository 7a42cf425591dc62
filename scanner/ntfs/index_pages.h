// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "scanner/ntfs/catalog.h"
#include "store/volume_page.h"
#include "store/volume_store.h"

namespace acledger::scanner::ntfs {

// The index of a volume, page by page: as a file keeps it, or as a catalogue just read. Whoever searches or compares
// does not ask which. One thread at a time.
class IndexPages {
 public:
  virtual ~IndexPages() = default;

  virtual std::uint32_t End() const = 0;  // One past the last page.
  // Empty: no objects there. kCorrupt with the page's number; the others are as good as before.
  virtual Expected<std::optional<store::VolumePage>> Read(std::uint32_t page) = 0;
  virtual Expected<security::DescriptorBytes> Descriptor(store::DescriptorId id) = 0;
};

// What StoreIndex() left in a file, which must outlive it.
class StoredPages final : public IndexPages {
 public:
  // kNotFound: no index was made.
  static Expected<StoredPages> Open(store::VolumeStore& store);

  const store::VolumeIndex& Index() const { return index_; }
  store::VolumeStore& Store() const { return store_; }

  std::uint32_t End() const override { return end_; }
  Expected<std::optional<store::VolumePage>> Read(std::uint32_t page) override;
  Expected<security::DescriptorBytes> Descriptor(store::DescriptorId id) override;

 private:
  StoredPages(store::VolumeStore& store, store::VolumeIndex index, std::uint32_t end)
      : store_(store), index_(std::move(index)), end_(end) {}

  store::VolumeStore& store_;
  store::VolumeIndex index_;
  std::uint32_t end_;
};

// A catalogue, cut into pages as they are asked for. Both must outlive it. Descriptors are numbered by it alone.
class CatalogPages final : public IndexPages {
 public:
  CatalogPages(const Catalog& catalog, const DescriptorPool& pool);

  std::uint32_t End() const override;
  Expected<std::optional<store::VolumePage>> Read(std::uint32_t page) override;
  Expected<security::DescriptorBytes> Descriptor(store::DescriptorId id) override;

 private:
  const Catalog& catalog_;
  const DescriptorPool& pool_;
  std::vector<store::DescriptorId> ids_;
  store::VolumePageWriter writer_;
};

// How many pages a catalogue fills.
std::uint32_t PagesOf(const Catalog& catalog);
// Fills one page; `ids`: the descriptors' numbers by those of the pool.
void WritePage(const Catalog& catalog, std::span<const store::DescriptorId> ids, std::uint32_t page,
               store::VolumePageWriter& to);
// One past the highest number of a descriptor that an object of the catalogue has.
DescriptorPool::Number DescriptorsEnd(const Catalog& catalog);

}  // namespace acledger::scanner::ntfs
