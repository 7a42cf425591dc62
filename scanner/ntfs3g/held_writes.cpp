// SPDX-License-Identifier: MIT
#include "scanner/ntfs3g/held_writes.h"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace acledger::scanner::ntfs3g {
namespace {

constexpr std::size_t kIndexFlagsAt = 0x24;  // INDEX_HEADER.flags in an INDX block; bit 0: has children.

bool StartsWith(const HeldWrites::Write& write, std::string_view magic) {
  return write.bytes.size() > kIndexFlagsAt && std::memcmp(write.bytes.data(), magic.data(), magic.size()) == 0;
}

int Rank(const HeldWrites::Write& write) {
  if (StartsWith(write, "FILE")) return 2;
  if (!StartsWith(write, "INDX")) return 0;
  if (!write.was_read) return 1;
  return (write.bytes[kIndexFlagsAt] & 1) != 0 ? 3 : 4;
}

std::int64_t EndOf(const HeldWrites::Write& write) {
  return write.offset + static_cast<std::int64_t>(write.bytes.size());
}

}  // namespace

void HeldWrites::Add(std::int64_t offset, std::span<const std::uint8_t> bytes) {
  const std::int64_t end = offset + static_cast<std::int64_t>(bytes.size());
  for (Write& write : writes_) {
    if (write.offset > offset || EndOf(write) < end) continue;
    std::copy(bytes.begin(), bytes.end(), write.bytes.begin() + (offset - write.offset));
    return;
  }
  CutOut(offset, end);
  writes_.push_back({offset, {bytes.begin(), bytes.end()}, read_.contains(offset)});
}

void HeldWrites::CutOut(std::int64_t offset, std::int64_t end) {
  std::vector<Write> kept;
  for (Write& write : writes_) {
    if (write.offset >= end || EndOf(write) <= offset) {
      kept.push_back(std::move(write));
      continue;
    }
    if (write.offset < offset) {
      kept.push_back(
          {write.offset, {write.bytes.begin(), write.bytes.begin() + (offset - write.offset)}, write.was_read});
    }
    if (EndOf(write) > end) {
      kept.push_back({end, {write.bytes.begin() + (end - write.offset), write.bytes.end()}, write.was_read});
    }
  }
  writes_ = std::move(kept);
}

void HeldWrites::Overlay(std::int64_t offset, std::span<std::uint8_t> bytes) const {
  const std::int64_t end = offset + static_cast<std::int64_t>(bytes.size());
  for (const Write& write : writes_) {
    const std::int64_t from = std::max(offset, write.offset);
    const std::int64_t to = std::min(end, EndOf(write));
    if (from >= to) continue;
    std::memcpy(bytes.data() + (from - offset), write.bytes.data() + (from - write.offset),
                static_cast<std::size_t>(to - from));
  }
}

std::vector<const HeldWrites::Write*> HeldWrites::InOrder() const {
  std::vector<const Write*> order;
  order.reserve(writes_.size());
  for (const Write& write : writes_) order.push_back(&write);
  std::stable_sort(order.begin(), order.end(),
                   [](const Write* left, const Write* right) { return Rank(*left) < Rank(*right); });
  return order;
}

void HeldWrites::Clear() {
  writes_.clear();
  read_.clear();
}

}  // namespace acledger::scanner::ntfs3g
