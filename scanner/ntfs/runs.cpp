// SPDX-License-Identifier: MIT
#include "scanner/ntfs/runs.h"

#include <algorithm>
#include <limits>

namespace acledger::scanner::ntfs {
namespace {

std::unexpected<Error> Corrupt(const char* reason) { return Fail(ErrorKind::kCorrupt, "decode runs", reason); }

// `size` bytes, 1 to 8, as a signed little-endian number.
std::int64_t LoadSigned(const std::uint8_t* at, std::size_t size) {
  std::uint64_t value = (at[size - 1] & 0x80) != 0 ? ~std::uint64_t{0} : 0;
  for (std::size_t i = size; i-- > 0;) value = (value << 8) | at[i];
  return static_cast<std::int64_t>(value);
}

}  // namespace

Expected<std::vector<Run>> DecodeRuns(Bytes pairs, std::uint64_t vcn, std::uint64_t clusters, Holes holes) {
  std::vector<Run> runs;
  std::int64_t lcn = 0;
  while (!pairs.empty() && pairs[0] != 0) {
    const std::size_t length_bytes = pairs[0] & 0x0F, offset_bytes = pairs[0] >> 4;
    const bool hole = offset_bytes == 0;
    if (hole && holes == Holes::kRefused) return Corrupt("a hole where none can be");
    if (length_bytes == 0 || length_bytes > 8 || offset_bytes > 8) return Corrupt("a run without a length");
    if (pairs.size() < 1 + length_bytes + offset_bytes) return Corrupt("a run lies outside its attribute");
    const std::int64_t length = LoadSigned(pairs.data() + 1, length_bytes);
    const std::int64_t delta = hole ? 0 : LoadSigned(pairs.data() + 1 + length_bytes, offset_bytes);
    if (length <= 0 || __builtin_add_overflow(lcn, delta, &lcn)) return Corrupt("a run's numbers cannot be");
    const auto size = static_cast<std::uint64_t>(length);
    if (!hole && (lcn < 0 || !Within(static_cast<std::uint64_t>(lcn), size, clusters))) {
      return Corrupt("a run lies outside the volume");
    }
    if (size > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) - vcn) {
      return Corrupt("a run's numbers cannot be");
    }
    runs.push_back({vcn, hole ? Run::kHole : static_cast<std::uint64_t>(lcn), size});
    vcn += size;
    pairs = pairs.subspan(1 + length_bytes + offset_bytes);
  }
  if (pairs.empty()) return Corrupt("the runs have no end");
  return runs;
}

Expected<void> RunList::Append(const AttributeView& part) {
  if (part.IsResident()) return Corrupt("a resident attribute has none");
  if ((part.Flags() & AttributeView::kCompressed) != 0) return Corrupt("compressed where it cannot be");
  if ((part.Flags() & AttributeView::kSparse) != 0 && holes_ == Holes::kRefused) {
    return Corrupt("sparse where it cannot be");
  }
  if (part.LowestVcn() != Clusters()) return Corrupt("a part is missing, or there twice");
  auto runs = DecodeRuns(part.MappingPairs(), Clusters(), clusters_, holes_);
  if (!runs) return std::unexpected(std::move(runs.error()));
  const std::uint64_t end = runs->empty() ? Clusters() : runs->back().vcn + runs->back().length;
  // An attribute without clusters says -1 here.
  if (part.HighestVcn() + 1 != end) return Corrupt("the runs have another length than the attribute");
  runs_.insert(runs_.end(), runs->begin(), runs->end());
  return {};
}

Expected<void> RunList::CheckDisjoint() const {
  std::vector<Run> by_place = runs_;
  std::erase_if(by_place, [](const Run& run) { return run.lcn == Run::kHole; });
  std::ranges::sort(by_place, {}, &Run::lcn);
  for (std::size_t i = 1; i < by_place.size(); ++i) {
    if (by_place[i - 1].lcn + by_place[i - 1].length > by_place[i].lcn) return Corrupt("two runs share a cluster");
  }
  return {};
}

const Run* RunList::Find(std::uint64_t vcn) const {
  auto behind = std::ranges::upper_bound(runs_, vcn, {}, &Run::vcn);
  if (behind == runs_.begin() || vcn >= Clusters()) return nullptr;
  return &*--behind;
}

}  // namespace acledger::scanner::ntfs
