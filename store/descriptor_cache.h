// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <unordered_map>

#include "security/descriptor.h"
#include "store/ledger.h"

namespace acledger::store {

// Descriptors that were interned or read lately, by content and by number. At most a few MiB; drops everything when
// full, since a volume has either few distinct descriptors or no use for a cache.
class DescriptorCache {
 public:
  // 0: not here.
  DescriptorId Find(std::uint64_t hash, security::Bytes bytes) const;
  // Null: not here.
  const security::DescriptorBytes* Find(DescriptorId id) const;
  void Add(DescriptorId id, std::uint64_t hash, security::Bytes bytes);
  void Clear();

 private:
  std::unordered_map<DescriptorId, security::DescriptorBytes> bytes_;
  std::unordered_multimap<std::uint64_t, DescriptorId> ids_;
  std::size_t size_ = 0;
};

}  // namespace acledger::store
