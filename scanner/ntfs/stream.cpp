// SPDX-License-Identifier: MIT
#include "scanner/ntfs/stream.h"

#include <algorithm>
#include <limits>

namespace acledger::scanner::ntfs {
namespace {

std::unexpected<Error> StreamError(ErrorKind kind, const char* reason) { return Fail(kind, "read attribute", reason); }

}  // namespace

Expected<void> Stream::Append(const AttributeView& part) {
  const bool first = runs_.Runs().empty();
  if (auto added = runs_.Append(part); !added) return added;
  // Holes lie nowhere, so no volume bounds them: offsets are computed without a look at what wraps.
  constexpr std::uint64_t kMostBytes = std::numeric_limits<std::int64_t>::max();
  if (runs_.Clusters() > kMostBytes / cluster_bytes_) return StreamError(ErrorKind::kCorrupt, "longer than can be");
  if (!first) return {};
  if (part.DataBytes() > kMostBytes) return StreamError(ErrorKind::kCorrupt, "longer than can be");
  size_ = part.DataBytes();
  initialised_ = part.InitialisedBytes();
  if (initialised_ <= size_) return {};
  return StreamError(ErrorKind::kCorrupt, "more was written than it is long");
}

Expected<void> Stream::CheckWhole() const {
  // Rounded up without a sum that could wrap.
  const std::uint64_t needed = size_ / cluster_bytes_ + (size_ % cluster_bytes_ != 0 ? 1 : 0);
  if (runs_.Clusters() < needed) return StreamError(ErrorKind::kCorrupt, "a part of it has no place");
  return runs_.CheckDisjoint();
}

std::uint64_t Stream::NextData(std::uint64_t offset) const {
  while (offset < size_) {
    const Run* run = runs_.Find(offset / cluster_bytes_);
    if (run == nullptr || run->lcn != Run::kHole) return offset;
    offset = (run->vcn + run->length) * cluster_bytes_;
  }
  return size_;
}

Expected<void> Stream::Read(std::uint64_t offset, std::span<std::uint8_t> to) const {
  if (!Within(offset, to.size(), size_)) return StreamError(ErrorKind::kInvalid, "past the end");
  const std::uint64_t written = offset >= initialised_ ? 0 : std::min<std::uint64_t>(to.size(), initialised_ - offset);
  std::ranges::fill(to.subspan(static_cast<std::size_t>(written)), std::uint8_t{0});
  return ReadRuns(offset, to.first(static_cast<std::size_t>(written)));
}

Expected<void> Stream::ReadRuns(std::uint64_t offset, std::span<std::uint8_t> to) const {
  while (!to.empty()) {
    const Run* run = runs_.Find(offset / cluster_bytes_);
    if (run == nullptr) return StreamError(ErrorKind::kCorrupt, "a part of it has no place");
    const std::uint64_t into = offset - run->vcn * cluster_bytes_;
    const auto take = static_cast<std::size_t>(std::min<std::uint64_t>(to.size(), run->length * cluster_bytes_ - into));
    if (run->lcn == Run::kHole) {
      std::ranges::fill(to.first(take), std::uint8_t{0});
    } else if (auto read = device_->Read(run->lcn * cluster_bytes_ + into, to.first(take)); !read) {
      return read;
    }
    offset += take;
    to = to.subspan(take);
  }
  return {};
}

}  // namespace acledger::scanner::ntfs
