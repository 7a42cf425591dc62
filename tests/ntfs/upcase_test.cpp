// SPDX-License-Identifier: MIT
// Our case folding against the $UpCase table that libntfs-3g writes into a new volume (that of Windows 7).
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "security/wtf8.h"

extern "C" {
#include <ntfs-3g/types.h>
#include <ntfs-3g/volume.h>
// Behind volume.h, whose types it uses.
#include <ntfs-3g/unistr.h>
}

namespace acledger {
namespace {

std::vector<ntfschar> UpCaseOfVolume() {
  std::vector<ntfschar> table(0x10000);
  ntfs_upcase_table_build(table.data(), static_cast<u32>(table.size() * sizeof(ntfschar)));
  return table;
}

TEST(UpCase, MapsEveryUnitThatAVolumeMaps) {
  std::vector<ntfschar> volume = UpCaseOfVolume();
  int mapped = 0;
  for (std::uint32_t unit = 0; unit < volume.size(); ++unit) {
    if (volume[unit] == unit) continue;
    ++mapped;
    EXPECT_EQ(UpCase(static_cast<char16_t>(unit)), volume[unit]) << std::hex << unit;
  }
  EXPECT_GT(mapped, 900);
}

// Names that differ for us differ for the volume. The other way round only letters of a newer Unicode may be equal.
TEST(UpCase, MapsBesidesOnlyLettersThatUnicodeGainedLater) {
  std::vector<ntfschar> volume = UpCaseOfVolume();
  int newer = 0;
  for (std::uint32_t unit = 0; unit < volume.size(); ++unit) {
    if (UpCase(static_cast<char16_t>(unit)) != volume[unit]) ++newer;
    if (unit < 0x23F) {
      EXPECT_EQ(UpCase(static_cast<char16_t>(unit)), volume[unit]) << std::hex << unit;
    }
  }
  EXPECT_EQ(newer, 190);  // Of Unicode 14.
}

}  // namespace
}  // namespace acledger
