// SPDX-License-Identifier: MIT
#include "scanner/ntfs/damage.h"

#include <numeric>
#include <utility>

namespace acledger::scanner::ntfs {

const char* Name(DamageKind kind) {
  switch (kind) {
    case DamageKind::kRecord:
      return "record";
    case DamageKind::kExtension:
      return "extension record";
    case DamageKind::kDescriptor:
      return "descriptor";
    case DamageKind::kName:
      return "name";
    case DamageKind::kReparse:
      return "reparse point";
  }
  return "?";
}

void DamageReport::Add(DamageKind kind, std::uint32_t record, std::string what) {
  if (++counts_[static_cast<std::size_t>(kind)] > kExamplesOfAKind) return;
  examples_.push_back({kind, record, std::move(what)});
}

std::uint64_t DamageReport::Total() const { return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0}); }

}  // namespace acledger::scanner::ntfs
