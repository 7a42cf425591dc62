// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/ntfs/record.h"

namespace acledger::scanner::ntfs {

// The values of attributes, as far as they matter here. Each Parse() takes any bytes and gives nothing where they
// cannot be such a value. Those that every object has are inline: what they return then stays in registers.

// $STANDARD_INFORMATION: 48 bytes in NTFS 1.2 (and what mkntfs and Windows keep of it in a few system files), 72 since.
struct StandardInformation {
  std::uint32_t attributes = 0;   // FILE_ATTRIBUTE_*; a folder's bit is not kept here.
  std::uint32_t security_id = 0;  // Of a descriptor in $Secure; 0: none, or no room for one.

  static std::optional<StandardInformation> Parse(Bytes value) {
    if (value.size() != kOldBytes && value.size() < kNewBytes) return std::nullopt;
    return StandardInformation{LoadU32(value.data() + 32), value.size() == kOldBytes ? 0 : LoadU32(value.data() + 52)};
  }

  static constexpr std::size_t kOldBytes = 48, kNewBytes = 72;
};

// $FILE_NAME: one name in one folder.
struct FileName {
  enum class Space : std::uint8_t { kPosix = 0, kWin32 = 1, kDos = 2, kWin32AndDos = 3 };

  FileReference parent;
  Space space = Space::kPosix;
  Bytes units;  // UTF-16, little-endian, 1 to 255 units; inside the value.

  static std::optional<FileName> Parse(Bytes value) {
    if (value.size() < kHeaderBytes) return std::nullopt;
    const std::size_t bytes = std::size_t{2} * value[64], coded = value[65];
    if (bytes == 0 || coded > 3 || value.size() - kHeaderBytes < bytes) return std::nullopt;
    return FileName{{LoadU64(value.data())}, static_cast<Space>(coded), value.subspan(kHeaderBytes, bytes)};
  }
  bool IsDosOnly() const { return space == Space::kDos; }  // The short name beside a long one.
  std::u16string ToUtf16() const;

  static constexpr std::size_t kHeaderBytes = 66;
};

// One entry of an $ATTRIBUTE_LIST: where an attribute, or a part of a long one, lies.
struct ListedAttribute {
  AttributeType type{};
  bool has_name = false;
  std::uint64_t lowest_vcn = 0;
  FileReference record;

  // All entries of a list. Nothing where one does not lie within it.
  static std::optional<std::vector<ListedAttribute>> ParseAll(Bytes list);
};

// $REPARSE_POINT: its tag.
std::optional<std::uint32_t> ParseReparseTag(Bytes value);

// The name is exactly this (ASCII) text.
bool HasName(const AttributeView& attribute, std::string_view name);

}  // namespace acledger::scanner::ntfs
