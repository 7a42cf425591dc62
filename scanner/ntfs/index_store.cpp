// SPDX-License-Identifier: MIT
#include "scanner/ntfs/index_store.h"

#include "scanner/ntfs/index_pages.h"

namespace acledger::scanner::ntfs {
namespace {

constexpr std::uint32_t kNoMorePages = std::uint32_t{1} << 22;  // NTFS has at most 2^32 records.

// Of each descriptor that an object has, its number in the ledger.
Expected<std::vector<store::DescriptorId>> InternAll(const Catalog& catalog, const DescriptorPool& pool,
                                                     store::Ledger& ledger) {
  std::vector<store::DescriptorId> ids(DescriptorsEnd(catalog));
  std::vector<bool> used(ids.size());
  catalog.ForEach([&used](const CatalogObject& object) {
    if (object.descriptor != DescriptorPool::kNone) used[object.descriptor] = true;
  });
  for (std::size_t number = 0; number < ids.size(); ++number) {
    if (!used[number]) continue;
    const auto id = ledger.Intern(pool.Get(static_cast<DescriptorPool::Number>(number)));
    if (!id) return std::unexpected(id.error());
    ids[number] = *id;
  }
  return ids;
}

}  // namespace

Expected<StoreReport> StoreIndex(const Catalog& catalog, const DescriptorPool& pool, store::Ledger& ledger,
                                 std::int64_t read_at,
                                 const std::function<void(std::uint32_t done, std::uint32_t all)>& progress) {
  StoreReport report;
  auto stored = ledger.InTransaction([&]() -> Expected<void> {
    const auto ids = InternAll(catalog, pool, ledger);
    if (!ids) return std::unexpected(ids.error());
    const std::uint32_t pages = PagesOf(catalog);
    store::VolumePageWriter writer;
    for (std::uint32_t page = 0; page < pages; ++page) {
      WritePage(catalog, *ids, page, writer);
      const auto written = ledger.PutVolumePage(writer);
      if (!written) return std::unexpected(written.error());
      if (*written) {
        ++report.written;
      } else if (!writer.IsEmpty()) {
        ++report.unchanged;
      }
      if (progress) progress(page + 1, pages);
    }
    const auto dropped = ledger.DropVolumePages(pages, kNoMorePages);
    if (!dropped) return std::unexpected(dropped.error());
    report.written += *dropped;
    const CatalogReport& read = catalog.Report();
    store::VolumeIndex index;
    index.read_at = read_at;
    index.objects = read.objects;
    index.names = read.names;
    index.damaged = read.damage.Count(DamageKind::kRecord);
    return ledger.SetVolumeIndex(index);
  });
  if (!stored) return std::unexpected(stored.error());
  return report;
}

}  // namespace acledger::scanner::ntfs
