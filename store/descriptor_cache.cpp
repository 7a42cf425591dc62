// SPDX-License-Identifier: MIT
#include "store/descriptor_cache.h"

#include <algorithm>

namespace acledger::store {
namespace {

constexpr std::size_t kMaxBytes = 4 * 1024 * 1024;
constexpr std::size_t kOverhead = 160;  // Of one entry in the two maps, about.

}  // namespace

DescriptorId DescriptorCache::Find(std::uint64_t hash, security::Bytes bytes) const {
  const auto [first, last] = ids_.equal_range(hash);
  for (auto at = first; at != last; ++at) {
    if (std::ranges::equal(bytes_.at(at->second), bytes)) return at->second;
  }
  return 0;
}

const security::DescriptorBytes* DescriptorCache::Find(DescriptorId id) const {
  const auto found = bytes_.find(id);
  return found == bytes_.end() ? nullptr : &found->second;
}

void DescriptorCache::Add(DescriptorId id, std::uint64_t hash, security::Bytes bytes) {
  if (bytes_.contains(id)) return;
  const std::size_t more = bytes.size() + kOverhead;
  if (size_ + more > kMaxBytes) Clear();
  bytes_.emplace(id, security::DescriptorBytes(bytes.begin(), bytes.end()));
  ids_.emplace(hash, id);
  size_ += more;
}

void DescriptorCache::Clear() {
  bytes_.clear();
  ids_.clear();
  size_ = 0;
}

}  // namespace acledger::store
