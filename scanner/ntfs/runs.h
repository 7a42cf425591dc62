// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "scanner/ntfs/record.h"

namespace acledger::scanner::ntfs {

// `length` clusters of an attribute, from its cluster `vcn` on, lie on the volume from cluster `lcn` on.
struct Run {
  static constexpr std::uint64_t kHole = ~std::uint64_t{0};  // As `lcn`: they lie nowhere and are zeros.

  std::uint64_t vcn = 0, lcn = 0, length = 0;
  bool operator==(const Run&) const = default;
};

// Whether a non-resident attribute may have holes. $MFT, descriptors and lists never have: what was damaged is not to
// be read as zeros. $Secure:$SDS gets them where libntfs-3g writes behind its end; zeros are no entry there, so they
// lie about nothing. Compression is refused for all.
enum class Holes : bool { kRefused, kAllowed };

// Where a non-resident attribute lies.
class RunList {
 public:
  // `clusters`: of the volume.
  RunList(std::uint64_t clusters, Holes holes) : clusters_(clusters), holes_(holes) {}

  // Adds the runs of one part of the attribute. kCorrupt: not the part that follows, a hole or compression, a run
  // outside the volume, a number that wraps, pairs without an end, or another length than the part's header says.
  // Then nothing was added.
  Expected<void> Append(const AttributeView& part);
  // kCorrupt where two runs share a cluster.
  Expected<void> CheckDisjoint() const;

  std::uint64_t Clusters() const { return runs_.empty() ? 0 : runs_.back().vcn + runs_.back().length; }
  // The run that holds cluster `vcn`; null behind the end.
  const Run* Find(std::uint64_t vcn) const;
  const std::vector<Run>& Runs() const { return runs_; }

 private:
  std::uint64_t clusters_;
  Holes holes_;
  std::vector<Run> runs_;  // By vcn, without gaps.
};

// Mapping pairs as runs, the first at `vcn`; `clusters`: of the volume. kCorrupt as above.
Expected<std::vector<Run>> DecodeRuns(Bytes pairs, std::uint64_t vcn, std::uint64_t clusters, Holes holes);

}  // namespace acledger::scanner::ntfs
