// SPDX-License-Identifier: MIT
#include "store/config_keys.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace acledger::store::config {
namespace {

// Edits that turn one word into the other (Levenshtein), row by row.
std::size_t Distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t corner = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = corner + (a[i] == b[j] ? 0 : 1);
      corner = row[j + 1];
      row[j + 1] = std::min({row[j] + 1, corner + 1, replaced});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string UnknownKey(std::string_view name, std::span<const std::string_view> known) {
  const auto distance = [&](std::string_view key) { return Distance(key, name); };
  const auto closest = std::ranges::min_element(known, {}, distance);
  std::string text = "unknown key '" + std::string(name) + "'";
  if (closest != known.end() && distance(*closest) <= 2) text += "; did you mean '" + std::string(*closest) + "'?";
  return text;
}

}  // namespace acledger::store::config
