// SPDX-License-Identifier: MIT
#include "scanner/ntfs/name_arena.h"

#include <cstring>
#include <limits>

#include "security/wtf8.h"

namespace acledger::scanner::ntfs {
namespace {

// Of an entry: the parent's number (4), its sequence number (2), the bytes of the text (2), the text.
constexpr std::size_t kHeaderBytes = 8;
constexpr std::size_t kMaxTextBytes = 3 * 255;

// Writes the low bytes of all units; false (and `to` means nothing) where one is beyond ASCII. Without a branch in the
// loop, so that the compiler makes vectors of it.
bool CopyAscii(Bytes units, std::uint8_t* to) {
  const std::uint8_t* from = units.data();
  unsigned beyond = 0;
  for (std::size_t i = 0; i < units.size() / 2; ++i) {
    to[i] = from[2 * i];
    beyond |= from[2 * i + 1] | (from[2 * i] & 0x80u);
  }
  return beyond == 0;
}

}  // namespace

std::optional<NameArena::Position> NameArena::Add(const FileName& name) {
  if (name.parent.Number() > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
  if (used_ + kHeaderBytes + kMaxTextBytes > kBlockBytes) {
    if ((blocks_.size() + 1) * kBlockBytes / kUnit > kNone) return std::nullopt;
    blocks_.push_back(std::make_unique_for_overwrite<std::uint8_t[]>(kBlockBytes));
    used_ = 0;
  }
  std::uint8_t* at = blocks_.back().get() + used_;
  std::size_t bytes = name.units.size() / 2;
  if (!CopyAscii(name.units, at + kHeaderBytes)) {
    wide_.clear();
    AppendWtf8(name.ToUtf16(), wide_);
    bytes = wide_.size();
    std::memcpy(at + kHeaderBytes, wide_.data(), bytes);
  }
  security::StoreU32(at, name.parent.Number());
  security::StoreU16(at + 4, name.parent.Sequence());
  security::StoreU16(at + 6, bytes);
  const auto position = static_cast<Position>(((blocks_.size() - 1) * kBlockBytes + used_) / kUnit);
  used_ += (kHeaderBytes + bytes + kUnit - 1) / kUnit * kUnit;
  return position;
}

NameArena::Entry NameArena::At(Position position) const {
  const std::size_t offset = std::size_t{position} * kUnit;
  const std::uint8_t* at = blocks_[offset / kBlockBytes].get() + offset % kBlockBytes;
  return {FileReference::Of(LoadU32(at), LoadU16(at + 4)),
          {reinterpret_cast<const char*>(at + kHeaderBytes), LoadU16(at + 6)}};
}

}  // namespace acledger::scanner::ntfs
