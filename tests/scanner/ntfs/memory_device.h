// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <atomic>
#include <set>
#include <vector>

#include "scanner/ntfs/block_device.h"
#include "scanner/ntfs/bytes.h"

namespace acledger::scanner::ntfs {

// A device in memory; sectors of 512 bytes can be made unreadable. Counts calls.
class MemoryDevice final : public BlockDevice {
 public:
  explicit MemoryDevice(std::vector<std::uint8_t> contents) : bytes(std::move(contents)) {}

  const std::string& Name() const override { return name; }
  std::uint64_t Size() const override { return bytes.size(); }
  Expected<void> Read(std::uint64_t offset, std::span<std::uint8_t> to) override {
    ++reads;
    if (!Within(offset, to.size(), bytes.size())) return PastTheEnd(*this, offset, to.size());
    const auto bad = bad_sectors.lower_bound(offset / 512);
    if (bad != bad_sectors.end() && *bad * 512 < offset + to.size()) {
      return std::unexpected(Error{ErrorKind::kIo, ReadOperation(offset, to.size()), name, 5, "a bad sector"});
    }
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset), to.size(), to.begin());
    return {};
  }

  std::string name = "memory";
  std::vector<std::uint8_t> bytes;
  std::set<std::uint64_t> bad_sectors;
  std::atomic<std::uint64_t> reads{0};
};

}  // namespace acledger::scanner::ntfs
