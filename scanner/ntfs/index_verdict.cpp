// SPDX-License-Identifier: MIT
#include "scanner/ntfs/index_verdict.h"

#include <algorithm>
#include <unordered_map>

namespace acledger::scanner::ntfs {
namespace {

constexpr std::array<const char*, kIndexVerdicts> kNames = {"readable", "unreadable", "denied", "unknown"};
constexpr store::DescriptorId kMostKept = 1 << 24;  // A number beyond is looked at each time.

}  // namespace

const char* Name(IndexVerdict verdict) { return kNames[static_cast<std::size_t>(verdict)]; }

std::optional<IndexVerdict> IndexVerdictFrom(std::string_view name) {
  const auto found = std::ranges::find(kNames, name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<IndexVerdict>(found - kNames.begin());
}

IndexVerdict VerdictOf(const Facts* facts) {
  if (facts == nullptr || !facts->valid) return IndexVerdict::kUnknown;
  if (facts->readable) return IndexVerdict::kReadable;
  return facts->denied || facts->blocked_by_label ? IndexVerdict::kDenied : IndexVerdict::kUnreadable;
}

Expected<IndexVerdict> Verdicts::Of(store::DescriptorId descriptor) {
  if (descriptor == 0) return IndexVerdict::kUnknown;
  const auto at = static_cast<std::size_t>(descriptor);
  if (at < known_.size() && known_[at] != kNotAsked) return static_cast<IndexVerdict>(known_[at]);
  const auto bytes = pages_.Descriptor(descriptor);
  if (!bytes) return std::unexpected(bytes.error());
  const Facts facts = judge_.Look(*bytes);
  const IndexVerdict verdict = VerdictOf(&facts);
  if (descriptor < kMostKept) {
    if (at >= known_.size()) known_.resize(at + 1, kNotAsked);
    known_[at] = static_cast<std::uint8_t>(verdict);
  }
  return verdict;
}

Expected<Verdicts::Counts> Verdicts::CountAll() {
  Counts counts;
  std::unordered_map<store::DescriptorId, std::uint64_t> objects;
  for (std::uint32_t number = 0; number < pages_.End(); ++number) {
    const auto page = pages_.Read(number);
    if (!page) return std::unexpected(page.error());
    if (!*page) continue;
    for (const auto& entry : (*page)->Entries()) ++objects[entry.object.descriptor];
  }
  for (const auto& [descriptor, count] : objects) {
    const auto verdict = Of(descriptor);
    if (!verdict) return std::unexpected(verdict.error());
    counts.by_verdict[static_cast<std::size_t>(*verdict)] += count;
    counts.distinct += descriptor != 0 ? 1 : 0;
  }
  return counts;
}

}  // namespace acledger::scanner::ntfs
