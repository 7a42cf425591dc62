// SPDX-License-Identifier: MIT
#include "tests/scanner/ntfs/snapshot.h"

namespace acledger::scanner::ntfs {

Snapshot Look(const Catalog& catalog, const DescriptorPool& pool) {
  Snapshot all;
  catalog.ForEach([&](const CatalogObject& object) {
    Seen& seen = all[object.id.Number()];
    seen.object = object;
    if (object.descriptor != DescriptorPool::kNone) seen.descriptor = pool.Get(object.descriptor);
    catalog.ForEachName(static_cast<std::uint32_t>(object.id.Number()), [&](const Catalog::Name& name) {
      seen.names.emplace_back(name.parent.raw, name.text);
      (void)catalog.PathOf(name);
    });
  });
  return all;
}

}  // namespace acledger::scanner::ntfs
