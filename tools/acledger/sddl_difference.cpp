// SPDX-License-Identifier: MIT
#include "tools/acledger/sddl_difference.h"

#include <algorithm>
#include <vector>

namespace acledger::tools {
namespace {

constexpr std::size_t kLong = 300;  // Of each; shorter ones are read at a glance.

std::vector<std::string_view> EntriesOf(std::string_view text) {
  std::vector<std::string_view> entries;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(")("), text.size() - 1) + 1;
    entries.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return entries;
}

}  // namespace

std::pair<std::string, std::string> SddlDifference(std::string_view before, std::string_view after) {
  const std::size_t owner = std::min(before.find('('), before.size());  // Owner, group, and the list's flags.
  if ((before.size() <= kLong && after.size() <= kLong) || before.substr(0, owner) != after.substr(0, owner))
    return {std::string(before), std::string(after)};
  const auto left = EntriesOf(before.substr(owner)), right = EntriesOf(after.substr(owner));
  const auto begin = std::ranges::mismatch(left, right).in1 - left.begin();
  std::ptrdiff_t same = 0;
  const std::ptrdiff_t most = std::min(std::ssize(left), std::ssize(right)) - begin;
  while (same < most && left[left.size() - 1 - static_cast<std::size_t>(same)] ==
                            right[right.size() - 1 - static_cast<std::size_t>(same)])
    ++same;
  const auto cut = [&](const std::vector<std::string_view>& entries) {
    std::string text(before.substr(0, owner));
    if (begin > 0) text += "...";
    for (std::ptrdiff_t i = begin; i < std::ssize(entries) - same; ++i) text += entries[static_cast<std::size_t>(i)];
    if (same > 0) text += "...";
    return text;
  };
  return {cut(left), cut(right)};
}

}  // namespace acledger::tools
