// SPDX-License-Identifier: MIT
#include "scanner/ntfs/attributes.h"

namespace acledger::scanner::ntfs {
namespace {

constexpr std::size_t kListEntryBytes = 26;

}  // namespace

std::u16string FileName::ToUtf16() const {
  std::u16string text(units.size() / 2, u'\0');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char16_t>(LoadU16(units.data() + 2 * i));
  return text;
}

std::optional<std::vector<ListedAttribute>> ListedAttribute::ParseAll(Bytes list) {
  std::vector<ListedAttribute> entries;
  // What is left at the end may be padding.
  while (list.size() >= kListEntryBytes) {
    const std::uint8_t* at = list.data();
    const std::size_t length = LoadU16(at + 4), name = at[6];
    if (length < kListEntryBytes || length % 8 != 0 || length > list.size()) return std::nullopt;
    if (!Within(at[7], 2 * name, length)) return std::nullopt;
    entries.push_back({static_cast<AttributeType>(LoadU32(at)), name != 0, LoadU64(at + 8), {LoadU64(at + 16)}});
    list = list.subspan(length);
  }
  return entries;
}

std::optional<std::uint32_t> ParseReparseTag(Bytes value) {
  if (value.size() < 8) return std::nullopt;
  const std::uint32_t tag = LoadU32(value.data());
  return tag == 0 ? std::nullopt : std::optional(tag);
}

bool HasName(const AttributeView& attribute, std::string_view name) {
  const Bytes units = attribute.HasName() ? attribute.Name() : Bytes();
  if (units.size() != 2 * name.size()) return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (LoadU16(units.data() + 2 * i) != static_cast<std::uint8_t>(name[i])) return false;
  }
  return true;
}

}  // namespace acledger::scanner::ntfs
