// SPDX-License-Identifier: MIT
#include "security/file_id.h"

#include <charconv>

namespace acledger {
namespace {

void AppendHex(std::string& text, std::uint64_t value) {
  for (int shift = 60; shift >= 0; shift -= 4) text += "0123456789abcdef"[(value >> shift) & 15];
}

}  // namespace

std::optional<FileId> FileId::FromString(std::string_view text) {
  if (text.starts_with("0x") || text.starts_with("0X")) text.remove_prefix(2);
  if (text.empty() || text.size() > 32) return std::nullopt;
  const std::size_t low_digits = text.size() < 16 ? text.size() : 16;
  FileId id;
  const auto read = [](std::string_view digits, std::uint64_t& value) {
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    return error == std::errc() && end == digits.data() + digits.size();
  };
  const std::string_view high = text.substr(0, text.size() - low_digits);
  if (!read(text.substr(high.size()), id.low) || (!high.empty() && !read(high, id.high))) return std::nullopt;
  return id;
}

std::string FileId::ToString() const {
  std::string text = "0x";
  if (high != 0) AppendHex(text, high);
  AppendHex(text, low);
  return text;
}

}  // namespace acledger
