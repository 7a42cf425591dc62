// SPDX-License-Identifier: MIT
#include "setup/address_range.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace acledger::setup {
namespace {

using Bytes16 = std::array<std::uint8_t, 16>;

struct Address {
  bool is_v6 = false;
  Bytes16 bytes{};
};

unsigned BitsOf(bool is_v6) { return is_v6 ? 128 : 32; }

template <class Number>
std::optional<Number> ReadNumber(std::string_view text, int base, std::size_t most_digits) {
  Number number{};
  if (text.empty() || text.size() > most_digits) return std::nullopt;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::optional<Address> ReadV4(std::string_view text) {
  Address address;
  const auto parts = Split(text, '.');
  if (parts.size() != 4) return std::nullopt;
  for (std::size_t i = 0; i < 4; ++i) {
    const auto number = ReadNumber<std::uint8_t>(parts[i], 10, 3);
    if (!number) return std::nullopt;
    address.bytes[i] = *number;
  }
  return address;
}

// Groups of 16 bits on one side of "::". What ends an address may be an IPv4 one.
std::optional<std::vector<std::uint8_t>> ReadGroups(std::string_view text, bool is_end) {
  std::vector<std::uint8_t> bytes;
  if (text.empty()) return bytes;
  const auto parts = Split(text, ':');
  for (const std::string_view part : parts) {
    const auto group = ReadNumber<std::uint16_t>(part, 16, 4);
    if (group) {
      bytes.push_back(static_cast<std::uint8_t>(*group >> 8));
      bytes.push_back(static_cast<std::uint8_t>(*group & 0xFF));
      continue;
    }
    const auto v4 = is_end && part.data() == parts.back().data() ? ReadV4(part) : std::nullopt;
    if (!v4) return std::nullopt;
    bytes.insert(bytes.end(), v4->bytes.begin(), v4->bytes.begin() + 4);
  }
  return bytes;
}

std::optional<Address> ReadV6(std::string_view text) {
  const std::size_t gap = text.find("::");
  const bool has_gap = gap != std::string_view::npos;
  const auto front = ReadGroups(text.substr(0, gap), !has_gap);
  const auto back = has_gap ? ReadGroups(text.substr(gap + 2), true) : std::vector<std::uint8_t>();
  if (!front || !back) return std::nullopt;
  const std::size_t size = front->size() + back->size();
  if (has_gap ? size > 14 : size != 16) return std::nullopt;
  Address address{true, {}};
  std::ranges::copy(*front, address.bytes.begin());
  std::ranges::copy_backward(*back, address.bytes.end());
  return address;
}

std::optional<Address> ReadAddress(std::string_view text) {
  return text.find(':') == std::string_view::npos ? ReadV4(text) : ReadV6(text);
}

// A length, or an IPv4 mask of ones followed by zeros.
std::optional<unsigned> ReadPrefix(std::string_view text, bool is_v6) {
  if (text.find('.') == std::string_view::npos) {
    const auto length = ReadNumber<unsigned>(text, 10, 3);
    return length && *length <= BitsOf(is_v6) ? length : std::nullopt;
  }
  const auto mask = ReadV4(text);
  if (is_v6 || !mask) return std::nullopt;
  const auto bit = [&mask](unsigned i) { return (mask->bytes[i / 8] >> (7 - i % 8) & 1) != 0; };
  unsigned length = 0;
  while (length < 32 && bit(length)) ++length;
  for (unsigned i = length; i < 32; ++i)
    if (bit(i)) return std::nullopt;
  return length;
}

void SetBitsFrom(Bytes16& bytes, unsigned from, unsigned to, bool value) {
  for (unsigned i = from; i < to; ++i) {
    const auto bit = static_cast<std::uint8_t>(1u << (7 - i % 8));
    bytes[i / 8] = static_cast<std::uint8_t>(value ? bytes[i / 8] | bit : bytes[i / 8] & ~bit);
  }
}

std::optional<AddressRange> ReadRange(std::string_view text) {
  if (const std::size_t dash = text.find('-'); dash != std::string_view::npos) {
    const auto first = ReadAddress(text.substr(0, dash)), last = ReadAddress(text.substr(dash + 1));
    if (!first || !last || first->is_v6 != last->is_v6 || first->bytes > last->bytes) return std::nullopt;
    return AddressRange{first->is_v6, first->bytes, last->bytes};
  }
  const std::size_t slash = text.find('/');
  const auto address = ReadAddress(text.substr(0, slash));
  if (!address) return std::nullopt;
  AddressRange range{address->is_v6, address->bytes, address->bytes};
  if (slash == std::string_view::npos) return range;
  const auto prefix = ReadPrefix(text.substr(slash + 1), address->is_v6);
  if (!prefix) return std::nullopt;
  SetBitsFrom(range.first, *prefix, BitsOf(range.is_v6), false);
  SetBitsFrom(range.last, *prefix, BitsOf(range.is_v6), true);
  return range;
}

// The address behind it; of the last one there is none.
std::optional<Bytes16> Next(const AddressRange& range) {
  Bytes16 next = range.last;
  for (std::size_t i = BitsOf(range.is_v6) / 8; i-- > 0;)
    if (++next[i] != 0) return next;
  return std::nullopt;
}

AddressRanges Merge(AddressRanges ranges) {
  std::ranges::sort(ranges);
  AddressRanges merged;
  for (const AddressRange& range : ranges) {
    if (merged.empty() || merged.back().is_v6 != range.is_v6) {
      merged.push_back(range);
      continue;
    }
    AddressRange& before = merged.back();
    const auto next = Next(before);
    if (next && *next < range.first)
      merged.push_back(range);
    else
      before.last = std::max(before.last, range.last);
  }
  return merged;
}

std::string AddressText(bool is_v6, const Bytes16& bytes) {
  if (!is_v6)
    return std::to_string(bytes[0]) + "." + std::to_string(bytes[1]) + "." + std::to_string(bytes[2]) + "." +
           std::to_string(bytes[3]);
  std::string text;
  const auto group = [&bytes](std::size_t i) { return bytes[2 * i] << 8 | bytes[2 * i + 1]; };
  // Zeros at the front are what our ranges have to shorten.
  std::size_t start = 0;
  while (start < 8 && group(start) == 0) ++start;
  if (start < 2) start = 0;
  if (start > 0) text = start == 8 ? "::" : ":";
  for (std::size_t i = start; i < 8; ++i) {
    std::array<char, 4> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), group(i), 16).ptr;
    text += (i > 0 ? ":" : "") + std::string(digits.data(), end);
  }
  return text;
}

std::string RangeText(const AddressRange& range) {
  constexpr unsigned kShortestPrefix = 8;
  std::string first = AddressText(range.is_v6, range.first);
  if (range.first == range.last) return first;
  const unsigned bits = BitsOf(range.is_v6);
  for (unsigned length = kShortestPrefix; length < bits; ++length) {
    Bytes16 start = range.last, end = range.first;
    SetBitsFrom(start, length, bits, false);
    SetBitsFrom(end, length, bits, true);
    if (start == range.first && end == range.last) return first + "/" + std::to_string(length);
  }
  return first + "-" + AddressText(range.is_v6, range.last);
}

}  // namespace

Expected<AddressRanges> ParseAddresses(std::string_view text) {
  AddressRanges ranges;
  for (const std::string_view part : Split(text, ',')) {
    const auto range = ReadRange(part);
    if (!range) return Fail(ErrorKind::kInvalid, "read addresses", "no address: " + std::string(part));
    ranges.push_back(*range);
  }
  return Merge(std::move(ranges));
}

std::string ToText(const AddressRanges& ranges) {
  std::string text;
  for (const AddressRange& range : ranges) text += (text.empty() ? "" : ",") + RangeText(range);
  return text;
}

}  // namespace acledger::setup
