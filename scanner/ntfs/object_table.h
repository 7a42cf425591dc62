// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "scanner/descriptor_pool.h"
#include "scanner/ntfs/name_arena.h"

namespace acledger::scanner::ntfs {

// What is kept of each object; see CatalogObject for what it means.
struct ObjectSlot {
  static constexpr std::uint16_t kPresent = 1, kFolder = 2, kMoreNames = 4, kNamesUnsure = 8, kTagged = 16;

  DescriptorPool::Number descriptor = DescriptorPool::kNone;
  std::uint32_t attributes = 0;
  NameArena::Position first_name = NameArena::kNone;  // Others: Catalog's list of further names.
  std::uint16_t sequence = 0;
  std::uint16_t flags = 0;

  bool Is(std::uint16_t flag) const { return (flags & flag) != 0; }
};
static_assert(sizeof(ObjectSlot) == 16);

// A slot for each record of $MFT, 16 bytes each; long stretches without objects cost nothing.
class ObjectTable {
 public:
  explicit ObjectTable(std::uint32_t records) : records_(records), blocks_(records / kBlock + 1) {}

  std::uint32_t Records() const { return records_; }
  // Precondition: below Records().
  ObjectSlot& Make(std::uint32_t number) {
    auto& block = blocks_[number / kBlock];
    if (!block) block = std::make_unique<ObjectSlot[]>(kBlock);
    return block[number % kBlock];
  }
  // Null where no object has this number.
  const ObjectSlot* Find(std::uint64_t number) const {
    if (number >= records_) return nullptr;
    const auto& block = blocks_[number / kBlock];
    if (!block) return nullptr;
    const ObjectSlot& slot = block[number % kBlock];
    return slot.Is(ObjectSlot::kPresent) ? &slot : nullptr;
  }
  std::size_t MemoryBytes() const {
    std::size_t bytes = blocks_.capacity() * sizeof(blocks_[0]);
    for (const auto& block : blocks_) bytes += block ? kBlock * sizeof(ObjectSlot) : 0;
    return bytes;
  }

 private:
  static constexpr std::uint32_t kBlock = 4096;

  std::uint32_t records_;
  std::vector<std::unique_ptr<ObjectSlot[]>> blocks_;
};

}  // namespace acledger::scanner::ntfs
