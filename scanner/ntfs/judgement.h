// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "scanner/judge.h"
#include "scanner/ntfs/catalog.h"

namespace acledger::scanner::ntfs {

// What a grant's judge says of each distinct descriptor of a catalogue: one access check each, whatever the number of
// objects.
class Judgement {
 public:
  // Looks at every descriptor that an object of the catalogue has. The pool is that of ReadCatalog().
  Judgement(const Catalog& catalog, const DescriptorPool& pool, const Judge& judge);

  // Null: unknown. That is every object whose descriptor is not known for sure, and one whose descriptor is malformed:
  // it may be readable or not.
  const Facts* Of(const CatalogObject& object) const {
    if (object.descriptor >= facts_.size()) return nullptr;
    const Facts& facts = facts_[object.descriptor];
    return facts.valid ? &facts : nullptr;
  }

  std::uint64_t readable = 0, not_readable = 0, unknown = 0;  // Objects. Records that cannot be read are no objects.
  std::uint64_t distinct = 0;                                 // Descriptors that were judged.

 private:
  std::vector<Facts> facts_;  // By number; not valid where no object has it.
};

}  // namespace acledger::scanner::ntfs
