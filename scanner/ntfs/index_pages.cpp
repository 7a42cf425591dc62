// SPDX-License-Identifier: MIT
#include "scanner/ntfs/index_pages.h"

#include <algorithm>
#include <numeric>

namespace acledger::scanner::ntfs {

using store::kObjectsAPage;

Expected<StoredPages> StoredPages::Open(store::VolumeStore& store) {
  auto index = store.Index();
  if (!index) return std::unexpected(index.error());
  if (!*index) {
    return std::unexpected(Error{ErrorKind::kNotFound, "read the volume's index", store.Path(), 0,
                                 "no index was made (acledger index makes it)"});
  }
  const auto end = store.PagesEnd();
  if (!end) return std::unexpected(end.error());
  return StoredPages(store, **std::move(index), *end);
}

Expected<std::optional<store::VolumePage>> StoredPages::Read(std::uint32_t page) { return store_.ReadPage(page); }

Expected<security::DescriptorBytes> StoredPages::Descriptor(store::DescriptorId id) { return store_.Descriptor(id); }

CatalogPages::CatalogPages(const Catalog& catalog, const DescriptorPool& pool)
    : catalog_(catalog), pool_(pool), ids_(DescriptorsEnd(catalog)) {
  std::iota(ids_.begin(), ids_.end(), 1);  // 0 is none.
}

std::uint32_t CatalogPages::End() const { return PagesOf(catalog_); }

Expected<std::optional<store::VolumePage>> CatalogPages::Read(std::uint32_t page) {
  WritePage(catalog_, ids_, page, writer_);
  if (writer_.IsEmpty()) return std::nullopt;
  auto decoded = store::VolumePage::Decode(page, writer_.Names(), writer_.Facts());
  if (!decoded) return std::unexpected(decoded.error());
  return std::optional(*std::move(decoded));
}

Expected<security::DescriptorBytes> CatalogPages::Descriptor(store::DescriptorId id) {
  if (id < 1 || static_cast<std::size_t>(id) > ids_.size()) {
    return Fail(ErrorKind::kNotFound, "read descriptor " + std::to_string(id), "the volume has none with this number");
  }
  return pool_.Get(static_cast<DescriptorPool::Number>(id - 1));
}

std::uint32_t PagesOf(const Catalog& catalog) {
  return catalog.Records() / kObjectsAPage + (catalog.Records() % kObjectsAPage != 0 ? 1 : 0);
}

void WritePage(const Catalog& catalog, std::span<const store::DescriptorId> ids, std::uint32_t page,
               store::VolumePageWriter& to) {
  to.Begin(page);
  std::vector<store::IndexedName> names;
  const std::uint64_t first = std::uint64_t{page} * kObjectsAPage;
  for (std::uint64_t number = first; number < first + kObjectsAPage; ++number) {
    const auto object = catalog.FindNumber(number);
    if (!object) continue;
    names.clear();
    catalog.ForEachName(static_cast<std::uint32_t>(number),
                        [&](const Catalog::Name& name) { names.push_back({name.parent.raw, name.text}); });
    to.Add({.id = object->id.raw,
            .attributes = object->attributes,
            .reparse_tag = object->reparse_tag,
            .descriptor = object->descriptor < ids.size() ? ids[object->descriptor] : 0,
            .is_folder = object->is_folder,
            .names_are_sure = object->names_are_sure},
           names);
  }
}

DescriptorPool::Number DescriptorsEnd(const Catalog& catalog) {
  DescriptorPool::Number end = 0;
  catalog.ForEach([&end](const CatalogObject& object) {
    if (object.descriptor != DescriptorPool::kNone) end = std::max(end, object.descriptor + 1);
  });
  return end;
}

}  // namespace acledger::scanner::ntfs
