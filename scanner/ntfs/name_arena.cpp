// SPDX-License-Identifier: MIT
#include "scanner/ntfs/name_arena.h"

#include <cstring>
#include <limits>

#include "security/little_endian.h"
#include "security/wtf8.h"

namespace acledger::scanner::ntfs {
namespace {

// Of an entry: the parent's number (4), its sequence number (2), the bytes of the text (2), the text.
constexpr std::size_t kHeaderBytes = 8;
constexpr std::size_t kMaxTextBytes = 3 * 255;

// Writes the low bytes of all units; false (and `to` means nothing) where one is beyond ASCII. Four units at a time: of
// all that is done for an object, this is the longest loop.
bool CopyAscii(Bytes units, std::uint8_t* to) {
  constexpr std::uint64_t kBeyond = 0xFF80'FF80'FF80'FF80, kPairs = 0x0000'FFFF'0000'FFFF;
  const std::uint8_t* from = units.data();
  std::size_t left = units.size() / 2;
  std::uint64_t beyond = 0;
  for (; left >= 4; left -= 4, from += 8, to += 4) {
    const std::uint64_t four = LoadU64(from);
    beyond |= four;
    const std::uint64_t pairs = (four | (four >> 8)) & kPairs;
    const auto four_bytes = FromLittleEndian(static_cast<std::uint32_t>(pairs | (pairs >> 16)));
    std::memcpy(to, &four_bytes, sizeof(four_bytes));
  }
  for (; left > 0; --left, from += 2, ++to) {
    beyond |= LoadU16(from);
    *to = *from;
  }
  return (beyond & kBeyond) == 0;
}

}  // namespace

NameArena::Position NameArena::Add(const FileName& name) {
  if (name.parent.Number() > std::numeric_limits<std::uint32_t>::max()) return kNone;
  if (used_ + kHeaderBytes + kMaxTextBytes > kBlockBytes) {
    if ((blocks_.size() + 1) * kBlockBytes / kUnit > kNone) return kNone;
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
