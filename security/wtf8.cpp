// SPDX-License-Identifier: MIT
#include "security/wtf8.h"

#include <cstdint>

namespace acledger {
namespace {

constexpr bool IsHighSurrogate(std::uint32_t unit) { return (unit & 0xFFFFFC00u) == 0xD800; }
constexpr bool IsLowSurrogate(std::uint32_t unit) { return (unit & 0xFFFFFC00u) == 0xDC00; }

// A code point of up to 21 bits and how many units or bytes it took; length 0: malformed.
struct Decoded {
  std::uint32_t point = 0;
  std::size_t length = 0;
};

Decoded DecodeUtf16(std::u16string_view text) {
  std::uint32_t first = text[0];
  if (IsHighSurrogate(first) && text.size() > 1 && IsLowSurrogate(text[1])) {
    return {0x10000 + ((first - 0xD800) << 10) + (std::uint32_t{text[1]} - 0xDC00), 2};
  }
  return {first, 1};
}

Decoded DecodeWtf8(std::string_view text) {
  constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])); };
  std::uint32_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  std::size_t length = lead >= 0xF8 ? 0 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 0;
  if (length == 0 || length > text.size()) return {};
  std::uint32_t point = lead & (0x7Fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    point = point << 6 | (byte(i) & 0x3F);
  }
  if (point < kLeast[length] || point > 0x10FFFF) return {};
  return {point, length};
}

// Hands each code point to `take`; the position of the first malformed one, or npos.
template <class Take>
std::size_t WalkWtf8(std::string_view text, Take take) {
  bool after_high = false;
  for (std::size_t at = 0; at < text.size();) {
    Decoded next = DecodeWtf8(text.substr(at));
    if (next.length == 0 || (after_high && IsLowSurrogate(next.point))) return at;
    after_high = IsHighSurrogate(next.point);
    take(next.point);
    at += next.length;
  }
  return std::string_view::npos;
}

void AppendUtf16(std::uint32_t point, std::u16string& out) {
  if (point < 0x10000) {
    out.push_back(static_cast<char16_t>(point));
    return;
  }
  out.push_back(static_cast<char16_t>(0xD800 + ((point - 0x10000) >> 10)));
  out.push_back(static_cast<char16_t>(0xDC00 + ((point - 0x10000) & 0x3FF)));
}

void AppendPoint(std::uint32_t point, std::string& out) {
  auto put = [&](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (point < 0x80) {
    put(point);
    return;
  }
  if (point < 0x800) {
    put(0xC0 | point >> 6);
  } else {
    if (point < 0x10000) {
      put(0xE0 | point >> 12);
    } else {
      put(0xF0 | point >> 18);
      put(0x80 | (point >> 12 & 0x3F));
    }
    put(0x80 | (point >> 6 & 0x3F));
  }
  put(0x80 | (point & 0x3F));
}

}  // namespace

void AppendWtf8(std::u16string_view text, std::string& out) {
  out.reserve(out.size() + text.size());
  while (!text.empty()) {
    Decoded next = DecodeUtf16(text);
    AppendPoint(next.point, out);
    text.remove_prefix(next.length);
  }
}

std::string ToWtf8(std::u16string_view text) {
  std::string out;
  AppendWtf8(text, out);
  return out;
}

Expected<std::u16string> FromWtf8(std::string_view text) {
  std::u16string out;
  out.reserve(text.size());
  std::size_t bad = WalkWtf8(text, [&](std::uint32_t point) { AppendUtf16(point, out); });
  if (bad != std::string_view::npos) {
    return Fail(ErrorKind::kInvalid, "read UTF-8", "malformed at byte " + std::to_string(bad));
  }
  return out;
}

bool IsWtf8(std::string_view text) {
  return WalkWtf8(text, [](std::uint32_t) {}) == std::string_view::npos;
}

bool IsUtf16(std::u16string_view text) {
  while (!text.empty()) {
    Decoded next = DecodeUtf16(text);
    if (IsHighSurrogate(next.point) || IsLowSurrogate(next.point)) return false;
    text.remove_prefix(next.length);
  }
  return true;
}

}  // namespace acledger
