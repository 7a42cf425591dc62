// SPDX-License-Identifier: MIT
#include "store/rows.h"

#include <algorithm>

namespace acledger::store {
namespace {

constexpr std::int64_t kIsFolder = 1;
constexpr std::int64_t kHasLinks = 2;
constexpr int kVerdictShift = 2;
constexpr int kReasonShift = 5;
constexpr std::int64_t kLastReason = static_cast<std::int64_t>(Reason::kNotRequesters);

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

std::strong_ordering CompareNoCase(std::string_view a, std::string_view b) {
  // As bytes, as SQLite compares: char may be signed.
  return std::lexicographical_compare_three_way(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return static_cast<unsigned char>(Lower(x)) <=> static_cast<unsigned char>(Lower(y));
  });
}

}  // namespace

std::int64_t PackStatus(const Node& node) {
  return (node.is_folder ? kIsFolder : 0) | (node.has_links ? kHasLinks : 0) |
         static_cast<std::int64_t>(node.verdict) << kVerdictShift |
         static_cast<std::int64_t>(node.reason) << kReasonShift;
}

bool UnpackStatus(std::int64_t status, Node& node) {
  const std::int64_t reason = status >> kReasonShift;
  if (status < 0 || reason > kLastReason) return false;
  node.is_folder = (status & kIsFolder) != 0;
  node.has_links = (status & kHasLinks) != 0;
  node.verdict = static_cast<Verdict>(status >> kVerdictShift & 7);
  node.reason = static_cast<Reason>(reason);
  return true;
}

Expected<void> ReadNode(const sqlite::Query& row, int column, Node& node) {
  node.name = row.Text(column);
  const auto id = row.Id(column + 1);
  if (!id) return BadRow(row, "node", 0, "file_id");
  node.file_id = *id;
  node.descriptor = row.Int(column + 2);
  if (!UnpackStatus(row.Int(column + 3), node)) return BadRow(row, "node", 0, "status");
  return {};
}

std::unexpected<Error> BadRow(const sqlite::Query& row, const char* table, std::int64_t id, const char* what) {
  std::string reason = std::string("a value of ") + table + "." + what + " is not one that is ever stored";
  if (id != 0) reason += " (row " + std::to_string(id) + ")";
  return std::unexpected(row.Damaged(std::move(reason)));
}

bool NameLess(std::string_view a, std::string_view b) {
  const auto order = CompareNoCase(a, b);
  return order != 0 ? order < 0 : a < b;
}

bool SameNameNoCase(std::string_view a, std::string_view b) { return CompareNoCase(a, b) == 0; }

}  // namespace acledger::store
