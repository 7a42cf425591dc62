// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/ntfs/attributes.h"

namespace acledger::scanner::ntfs {

// Millions of names, 8 bytes each beside their text. Only grows.
class NameArena {
 public:
  using Position = std::uint32_t;
  static constexpr Position kNone = ~Position{0};

  struct Entry {
    FileReference parent;
    std::string_view text;  // WTF-8. Valid as long as the arena.
  };

  // kNone where the arena is full (8 GiB) or the parent's number is none that a volume can have.
  Position Add(const FileName& name);
  Entry At(Position position) const;
  std::size_t MemoryBytes() const { return blocks_.size() * kBlockBytes; }

 private:
  static constexpr std::size_t kBlockBytes = std::size_t{1} << 20;
  static constexpr std::size_t kUnit = 2;  // Positions count these.

  std::vector<std::unique_ptr<std::uint8_t[]>> blocks_;
  std::size_t used_ = kBlockBytes;  // Of the last block.
  std::string wide_;                // Room for a name beyond ASCII.
};

}  // namespace acledger::scanner::ntfs
