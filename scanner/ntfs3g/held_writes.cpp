// SPDX-License-Identifier: MIT
#include "scanner/ntfs3g/held_writes.h"

#include <algorithm>
#include <cstring>
#include <iterator>
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

}  // namespace

// The first write that ends behind `offset`.
std::map<std::int64_t, HeldWrites::Write>::iterator HeldWrites::FirstBehind(std::int64_t offset) {
  auto at = writes_.upper_bound(offset);
  if (at != writes_.begin() && std::prev(at)->second.End() > offset) --at;
  return at;
}

void HeldWrites::Add(std::int64_t offset, std::span<const std::uint8_t> bytes) {
  const std::int64_t end = offset + static_cast<std::int64_t>(bytes.size());
  const auto at = FirstBehind(offset);
  if (at != writes_.end() && at->second.offset <= offset && at->second.End() >= end) {
    std::copy(bytes.begin(), bytes.end(), at->second.bytes.begin() + (offset - at->second.offset));
    return;
  }
  CutOut(offset, end);
  writes_.emplace(offset, Write{offset, {bytes.begin(), bytes.end()}, read_.contains(offset)});
}

void HeldWrites::CutOut(std::int64_t offset, std::int64_t end) {
  for (auto at = FirstBehind(offset); at != writes_.end() && at->first < end;) {
    const Write old = std::move(at->second);
    at = writes_.erase(at);
    if (old.offset < offset) {
      writes_.emplace(old.offset,
                      Write{old.offset, {old.bytes.begin(), old.bytes.begin() + (offset - old.offset)}, old.was_read});
    }
    if (old.End() > end) {
      at = writes_.emplace(end, Write{end, {old.bytes.begin() + (end - old.offset), old.bytes.end()}, old.was_read})
               .first;
    }
  }
}

void HeldWrites::Overlay(std::int64_t offset, std::span<std::uint8_t> bytes) const {
  const std::int64_t end = offset + static_cast<std::int64_t>(bytes.size());
  auto at = writes_.upper_bound(offset);
  if (at != writes_.begin()) --at;
  for (; at != writes_.end() && at->first < end; ++at) {
    const Write& write = at->second;
    const std::int64_t from = std::max(offset, write.offset), to = std::min(end, write.End());
    if (from >= to) continue;
    std::memcpy(bytes.data() + (from - offset), write.bytes.data() + (from - write.offset),
                static_cast<std::size_t>(to - from));
  }
}

std::vector<const HeldWrites::Write*> HeldWrites::InOrder() const {
  std::vector<const Write*> order;
  order.reserve(writes_.size());
  for (const auto& [offset, write] : writes_) order.push_back(&write);
  std::stable_sort(order.begin(), order.end(),
                   [](const Write* left, const Write* right) { return Rank(*left) < Rank(*right); });
  return order;
}

void HeldWrites::Clear() {
  writes_.clear();
  read_.clear();
}

}  // namespace acledger::scanner::ntfs3g
