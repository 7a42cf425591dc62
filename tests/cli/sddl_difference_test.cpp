// SPDX-License-Identifier: MIT
#include "tools/acledger/sddl_difference.h"

#include <gtest/gtest.h>

namespace acledger::tools {
namespace {

std::string Entries(int first, int end) {
  std::string text;
  for (int i = first; i < end; ++i) text += "(A;;FR;;;S-1-5-21-7-7-7-" + std::to_string(i) + ")";
  return text;
}
using Two = std::pair<std::string, std::string>;

TEST(SddlDifference, LeavesShortOnesAsTheyAre) {
  EXPECT_EQ(SddlDifference("O:BAG:SYD:(A;;FA;;;SY)", "O:BAG:SYD:(A;;FA;;;SY)(A;;FR;;;WD)"),
            Two("O:BAG:SYD:(A;;FA;;;SY)", "O:BAG:SYD:(A;;FA;;;SY)(A;;FR;;;WD)"));
}

TEST(SddlDifference, ShowsOfLongOnesTheEntriesThatDiffer) {
  const std::string head = "O:BAG:SYD:AI", ours = "(A;OICI;0x1200a9;;;S-1-9-77-1)";
  const std::string many = Entries(1000, 2000);
  EXPECT_EQ(SddlDifference(head + many, head + many + ours), Two(head + "...", head + "..." + ours));
  EXPECT_EQ(SddlDifference(head + many, head + ours + many), Two(head + "...", head + ours + "..."));
  const std::string first = Entries(1000, 1500), last = Entries(1500, 2000);
  EXPECT_EQ(SddlDifference(head + first + last, head + first + ours + last),
            Two(head + "......", head + "..." + ours + "..."));
  EXPECT_EQ(SddlDifference(head + first + "(A;;FR;;;BA)" + last, head + first + "(A;;FA;;;BA)" + last),
            Two(head + "...(A;;FR;;;BA)...", head + "...(A;;FA;;;BA)..."));
  EXPECT_EQ(SddlDifference(head + many, head), Two(head + many, head));
}

TEST(SddlDifference, ShowsAllWhereTheOwnerDiffers) {
  const std::string many = Entries(1000, 1500);
  EXPECT_EQ(SddlDifference("O:BAD:" + many, "O:SYD:" + many), Two("O:BAD:" + many, "O:SYD:" + many));
}

TEST(SddlDifference, StandsAnyText) {
  const std::string long_text(400, 'x'), open(400, '('), close(400, ')');
  for (const std::string& one : {std::string(), long_text, open, close, open + close})
    for (const std::string& other : {std::string(), long_text, open, close, open + close}) {
      const auto [before, after] = SddlDifference(one, other);
      EXPECT_LE(before.size(), one.size() + 6);
      EXPECT_LE(after.size(), other.size() + 6);
    }
}

}  // namespace
}  // namespace acledger::tools
