// SPDX-License-Identifier: MIT
#pragma once

#include <array>

#include "tests/scanner/ntfs/tiny_volume.h"

namespace acledger::scanner::ntfs {

// A volume with an object of each kind that records can tell of: folder, files, hard links with a DOS name, a
// descriptor of its own, a junction, and an object (31) that is continued before (30) and behind (32) its base record.
TinyVolume SampleVolume();
// The records of these, and a free one.
inline constexpr std::array<std::uint64_t, 10> kSampleRecords = {24, 25, 26, 27, 28, 29, 30, 31, 32, 40};

}  // namespace acledger::scanner::ntfs
