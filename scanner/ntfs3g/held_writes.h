// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <vector>

namespace acledger::scanner::ntfs3g {

// Writes of one change of an NTFS index (an entry added to $SII or $SDH), kept back so that they can go out in a safe
// order.
//
// The library splits a full index block in three writes: the new block that takes the upper half, the parent that
// points to it, the old block cut short. It writes the parent last where that is the root in the MFT record, so a
// process that is killed in between leaves half a block of descriptors that no look-up finds. In the order of InOrder()
// every prefix of the writes leaves all former entries reachable (for a moment some twice).
class HeldWrites {
 public:
  struct Write {
    std::int64_t offset = 0;
    std::vector<std::uint8_t> bytes;
    bool was_read = false;  // The place had been read before it was first written: not a new index block.
  };

  void NoteRead(std::int64_t offset) { read_.insert(offset); }
  void Add(std::int64_t offset, std::span<const std::uint8_t> bytes);

  // Lays what is held over bytes that were read at `offset` from the device.
  void Overlay(std::int64_t offset, std::span<std::uint8_t> bytes) const;
  // The writes, safe order first: data and bitmaps, new index blocks, MFT records, inner index blocks, leaves.
  std::vector<const Write*> InOrder() const;
  void Clear();

 private:
  void CutOut(std::int64_t offset, std::int64_t end);

  std::vector<Write> writes_;  // They do not overlap.
  std::set<std::int64_t> read_;
};

}  // namespace acledger::scanner::ntfs3g
