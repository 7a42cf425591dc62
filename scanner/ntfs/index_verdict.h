// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "scanner/judge.h"
#include "scanner/ntfs/index_pages.h"

namespace acledger::scanner::ntfs {

// What an object's descriptor means for a principal and a mask, as it stands, entries of ours included. It knows no
// grant: what one would leave out, or has still to do, `acledger coverage` tells.
enum class IndexVerdict : std::uint8_t {
  kReadable,    // Grants the whole mask.
  kUnreadable,  // Does not.
  kDenied,   // Does not, and an entry that allows would change nothing: somebody denies it, or a mandatory label does.
  kUnknown,  // The descriptor is malformed or not known for sure.
};
inline constexpr std::size_t kIndexVerdicts = 4;
const char* Name(IndexVerdict verdict);  // "readable", ...
std::optional<IndexVerdict> IndexVerdictFrom(std::string_view name);

// Null: not known.
IndexVerdict VerdictOf(const Facts* facts);

// The verdict of each descriptor of an index: looked at when it is asked for first, once. Both must outlive it. One
// thread at a time.
class Verdicts {
 public:
  Verdicts(IndexPages& pages, const Judge& judge) : pages_(pages), judge_(judge) {}

  // 0: kUnknown. kCorrupt, kNotFound: the index does not hold the descriptor as it was stored.
  Expected<IndexVerdict> Of(store::DescriptorId descriptor);

  // Of all objects of the index.
  struct Counts {
    std::array<std::uint64_t, kIndexVerdicts> by_verdict{};
    std::uint64_t distinct = 0;  // Descriptors.
    std::uint64_t operator[](IndexVerdict verdict) const { return by_verdict[static_cast<std::size_t>(verdict)]; }
  };
  Expected<Counts> CountAll();

 private:
  static constexpr std::uint8_t kNotAsked = 0xFF;

  IndexPages& pages_;
  const Judge& judge_;
  std::vector<std::uint8_t> known_;  // By the descriptor's number.
};

}  // namespace acledger::scanner::ntfs
