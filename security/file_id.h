// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace acledger {

// FILE_ID_128: identifies an object on its volume for as long as it exists. NTFS fills the low 64 bits (48 bits
// MFT record, 16 bits sequence number, little-endian); ReFS uses all 128. (MS-FSCC 2.1.10)
struct FileId {
  std::uint64_t low = 0;
  std::uint64_t high = 0;

  auto operator<=>(const FileId&) const = default;
  bool IsNull() const { return low == 0 && high == 0; }
  // What ToString() gives, with or without "0x", in any case and without leading zeros too. Nothing for anything else.
  static std::optional<FileId> FromString(std::string_view text);
  std::string ToString() const;  // "0x0005000000000005", 32 digits where `high` is not zero.
};

}  // namespace acledger

template <>
struct std::hash<acledger::FileId> {
  std::size_t operator()(const acledger::FileId& id) const noexcept {
    std::uint64_t mixed = (id.low ^ (id.high * 0x9E3779B97F4A7C15ull)) * 0xD6E8FEB86659FD93ull;
    return static_cast<std::size_t>(mixed ^ (mixed >> 32));
  }
};
