// SPDX-License-Identifier: MIT
#include "setup/win32/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

namespace acledger::setup {
namespace {

TEST(RandomTest, FillsAllOfItAndNeverTheSame) {
  std::set<std::vector<std::uint8_t>> seen;
  for (int i = 0; i < 100; ++i) {
    std::vector<std::uint8_t> bytes(32);
    ASSERT_TRUE(FillWithSystemRandom(bytes));
    seen.insert(bytes);
  }
  EXPECT_EQ(seen.size(), 100u);
  std::vector<std::uint8_t> many((1 << 20) + 4096);
  ASSERT_TRUE(FillWithSystemRandom(many));
  for (int value = 0; value < 256; ++value)
    EXPECT_NE(std::ranges::find(many.end() - 4096, many.end(), static_cast<std::uint8_t>(value)), many.end()) << value;
}

}  // namespace
}  // namespace acledger::setup
