// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "scanner/ntfs/index_pages.h"

namespace acledger::scanner::ntfs {

// How an object differs between two indexes of one volume. An object is the same where number and sequence number are.
enum class DifferenceKind : std::uint8_t {
  kAdded,
  kRemoved,
  kRenamed,     // Other names or other folders; what lies below a renamed folder is not listed.
  kDescriptor,  // Other bytes. Not where one of the two is not known for sure.
};
inline constexpr std::size_t kDifferenceKinds = 4;
const char* Name(DifferenceKind kind);  // "added", ...

struct Difference {
  DifferenceKind kind{};
  FileReference id;
  bool is_folder = false;
  std::vector<std::string> before, after;  // Paths by all its names; empty on the side where it is not.
  store::DescriptorId descriptor_before = 0, descriptor_after = 0;  // Numbers of the two indexes.
};

struct DiffReport {
  std::array<std::uint64_t, kDifferenceKinds> counts{};
  std::uint64_t same = 0;  // Objects that do not differ.
  std::uint64_t not_judged =
      0;  // In both, and descriptor or names are not known for sure in one of them; NTFS's own files left out.

  std::uint64_t operator[](DifferenceKind kind) const { return counts[static_cast<std::size_t>(kind)]; }
  std::uint64_t Total() const { return counts[0] + counts[1] + counts[2] + counts[3]; }
};

// Compares two indexes page by page and calls `take` for the first `limit` differences, by number; all are counted. An
// object can differ in two ways, then it is taken twice. A record that could not be read has no object: it counts as
// removed or added.
Expected<DiffReport> Diff(IndexPages& before, IndexPages& after, std::size_t limit,
                          const std::function<void(const Difference&)>& take);

}  // namespace acledger::scanner::ntfs
