// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstdint>
#include <iterator>

#include "security/wtf8.h"

namespace acledger {
namespace {

// The units first, first + step, ... last; each becomes itself plus delta (modulo 2^16).
struct UpCaseRun {
  std::uint16_t first, last, step, delta;
};
constexpr UpCaseRun kUpCaseRuns[] = {
#include "security/upcase_table.inc"
};

}  // namespace

char16_t UpCaseBeyondAscii(char16_t unit) {
  const auto* run = std::lower_bound(std::begin(kUpCaseRuns), std::end(kUpCaseRuns), unit,
                                     [](const UpCaseRun& r, char16_t u) { return r.last < u; });
  if (run == std::end(kUpCaseRuns) || unit < run->first || (unit - run->first) % run->step != 0) return unit;
  return static_cast<char16_t>(unit + run->delta);
}

std::u16string FoldName(std::u16string_view name) {
  std::u16string folded(name);
  for (char16_t& unit : folded) unit = UpCase(unit);
  return folded;
}

bool SameName(std::u16string_view a, std::u16string_view b) { return std::ranges::equal(a, b, {}, UpCase, UpCase); }

std::string FoldWtf8(std::string_view name) {
  bool ascii = std::ranges::all_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (!ascii) {
    if (Expected<std::u16string> wide = FromWtf8(name)) return ToWtf8(FoldName(*wide));
  }
  std::string folded(name);
  for (char& c : folded) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 0x20);
  }
  return folded;
}

}  // namespace acledger
