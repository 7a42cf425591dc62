// SPDX-License-Identifier: MIT
#include "scanner/ntfs/index_store.h"

#include "scanner/ntfs/index_pages.h"

namespace acledger::scanner::ntfs {
namespace {

using Progress = std::function<void(std::uint32_t done, std::uint32_t all)>;

// Of each descriptor that an object has, its number in the file.
Expected<std::vector<store::DescriptorId>> InternAll(const Catalog& catalog, const DescriptorPool& pool,
                                                     store::VolumeStore& store) {
  std::vector<store::DescriptorId> ids(DescriptorsEnd(catalog));
  std::vector<bool> used(ids.size());
  catalog.ForEach([&used](const CatalogObject& object) {
    if (object.descriptor != DescriptorPool::kNone) used[object.descriptor] = true;
  });
  for (std::size_t number = 0; number < ids.size(); ++number) {
    if (!used[number]) continue;
    const auto id = store.Intern(pool.Get(static_cast<DescriptorPool::Number>(number)));
    if (!id) return std::unexpected(id.error());
    ids[number] = *id;
  }
  return ids;
}

Expected<StoreReport> StorePages(const Catalog& catalog, const DescriptorPool& pool, store::VolumeStore& store,
                                 const Progress& progress) {
  StoreReport report;
  const auto ids = InternAll(catalog, pool, store);
  if (!ids) return std::unexpected(ids.error());
  const std::uint32_t pages = PagesOf(catalog);
  store::VolumePageWriter writer;
  for (std::uint32_t page = 0; page < pages; ++page) {
    WritePage(catalog, *ids, page, writer);
    const auto written = store.PutPage(writer);
    if (!written) return std::unexpected(written.error());
    if (*written) {
      ++report.written;
    } else if (!writer.IsEmpty()) {
      ++report.unchanged;
    }
    if (progress) progress(page + 1, pages);
  }
  const auto dropped = store.DropPagesFrom(pages);
  if (!dropped) return std::unexpected(dropped.error());
  report.written += *dropped;
  return report;
}

Expected<StoreReport> StoreAll(const Catalog& catalog, const DescriptorPool& pool, const IndexedVolume& volume,
                               store::VolumeStore& store, const Progress& progress) {
  StoreReport report;
  auto stored = store.InTransaction([&]() -> Expected<void> {
    auto pages = StorePages(catalog, pool, store, progress);
    if (!pages) return std::unexpected(pages.error());
    report = *std::move(pages);
    const CatalogReport& read = catalog.Report();
    store::VolumeIndex index;
    index.serial = volume.serial;
    index.name = volume.name;
    index.read_at = volume.read_at;
    index.objects = read.objects;
    index.names = read.names;
    index.damaged = read.damage.Count(DamageKind::kRecord);
    return store.SetIndex(index);
  });
  if (!stored) return std::unexpected(stored.error());
  return report;
}

}  // namespace

Expected<StoreReport> StoreIndex(const Catalog& catalog, const DescriptorPool& pool, const IndexedVolume& volume,
                                 store::VolumeStore& store, const Progress& progress) {
  auto report = StoreAll(catalog, pool, volume, store, progress);
  if (!report && report.error().kind == ErrorKind::kCorrupt) {
    if (auto begun = store.BeginAnew(report.error().reason); !begun) return std::unexpected(begun.error());
    report = StoreAll(catalog, pool, volume, store, progress);
  }
  if (report) report->dropped = store.Dropped();
  return report;
}

}  // namespace acledger::scanner::ntfs
