// SPDX-License-Identifier: MIT
#include "scanner/ntfs/judgement.h"

namespace acledger::scanner::ntfs {

Judgement::Judgement(const Catalog& catalog, const DescriptorPool& pool, const Judge& judge) {
  std::vector<std::uint64_t> objects;  // By descriptor.
  catalog.ForEach([&](const CatalogObject& object) {
    if (object.descriptor == DescriptorPool::kNone) {
      ++unknown;
      return;
    }
    if (object.descriptor >= objects.size()) objects.resize(object.descriptor + std::size_t{1});
    ++objects[object.descriptor];
  });
  facts_.resize(objects.size());
  for (std::size_t number = 0; number < objects.size(); ++number) {
    if (objects[number] == 0) continue;
    ++distinct;
    facts_[number] = judge.Look(pool.Get(static_cast<DescriptorPool::Number>(number)));
    std::uint64_t& count = !facts_[number].valid ? unknown : facts_[number].readable ? readable : not_readable;
    count += objects[number];
  }
}

}  // namespace acledger::scanner::ntfs
