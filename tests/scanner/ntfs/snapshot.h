// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "scanner/ntfs/catalog.h"

namespace acledger::scanner::ntfs {

// What a catalogue says of one object, by value: to be compared with what it says after damage.
struct Seen {
  CatalogObject object;
  security::DescriptorBytes descriptor;  // Empty: unknown.
  std::vector<std::pair<std::uint64_t, std::string>> names;

  bool IsLike(const Seen& other) const {
    return object.id == other.object.id && object.attributes == other.object.attributes &&
           object.reparse_tag == other.object.reparse_tag && object.names_are_sure == other.object.names_are_sure &&
           descriptor == other.descriptor && names == other.names;
  }
};
using Snapshot = std::map<std::uint64_t, Seen>;

// Everything that can be asked is asked.
Snapshot Look(const Catalog& catalog, const DescriptorPool& pool);

}  // namespace acledger::scanner::ntfs
