// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "scanner/ntfs/catalog.h"
#include "store/ledger.h"
#include "store/volume_page.h"

namespace acledger::scanner::ntfs {

// The index of a volume, page by page: as a ledger keeps it, or as a catalogue just read. Whoever searches or compares
// does not ask which. One thread at a time.
class IndexPages {
 public:
  virtual ~IndexPages() = default;

  virtual std::uint32_t End() const = 0;  // One past the last page.
  // Empty: no objects there. kCorrupt with the page's number; the others are as good as before.
  virtual Expected<std::optional<store::VolumePage>> Read(std::uint32_t page) = 0;
  virtual Expected<security::DescriptorBytes> Descriptor(store::DescriptorId id) = 0;
};

// What StoreIndex() left in a ledger, which must outlive it.
class LedgerPages final : public IndexPages {
 public:
  // kNotFound: the ledger has no index.
  static Expected<LedgerPages> Open(store::Ledger& ledger);

  const store::VolumeIndex& Index() const { return index_; }
  store::Ledger& Ledger() const { return ledger_; }

  std::uint32_t End() const override { return end_; }
  Expected<std::optional<store::VolumePage>> Read(std::uint32_t page) override;
  Expected<security::DescriptorBytes> Descriptor(store::DescriptorId id) override;

 private:
  LedgerPages(store::Ledger& ledger, const store::VolumeIndex& index, std::uint32_t end)
      : ledger_(ledger), index_(index), end_(end) {}

  store::Ledger& ledger_;
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
