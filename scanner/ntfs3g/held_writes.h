// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <vector>

namespace acledger::scanner::ntfs3g {

// Writes of one change to $Secure, kept back in memory until all of them are known. They do not overlap.
class HeldWrites {
 public:
  struct Write {
    std::int64_t offset = 0;
    std::vector<std::uint8_t> bytes;
    bool was_read = false;  // The place had been read before it was first written: not a new index block.

    std::int64_t End() const { return offset + static_cast<std::int64_t>(bytes.size()); }
  };

  void NoteRead(std::int64_t offset) { read_.insert(offset); }
  void Add(std::int64_t offset, std::span<const std::uint8_t> bytes);

  // Lays what is held over bytes that were read at `offset` from the device.
  void Overlay(std::int64_t offset, std::span<std::uint8_t> bytes) const;

  // In the order in which they do least harm if the last ones are never made: data and bitmaps, new index blocks, MFT
  // records, inner index blocks, leaves. So an index block that was split is cut short only when its parent leads to
  // the new half; every entry stays reachable, some for a moment twice.
  std::vector<const Write*> InOrder() const;
  bool IsEmpty() const { return writes_.empty(); }
  void Clear();

 private:
  std::map<std::int64_t, Write>::iterator FirstBehind(std::int64_t offset);
  void CutOut(std::int64_t offset, std::int64_t end);

  std::map<std::int64_t, Write> writes_;
  std::set<std::int64_t> read_;
};

}  // namespace acledger::scanner::ntfs3g
