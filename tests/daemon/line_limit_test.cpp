// SPDX-License-Identifier: MIT
#include "daemon/service/line_limit.h"

#include <gtest/gtest.h>

namespace acledger::daemon {
namespace {

using std::chrono::seconds;

TEST(LineLimit, LetsSoManyThroughAndCountsTheOthers) {
  LineLimit limit(3, seconds(10));
  int written = 0;
  for (int i = 0; i < 10; ++i) written += limit.Take(seconds(100)).write;
  EXPECT_EQ(written, 3);
  EXPECT_EQ(limit.TellAt(), seconds(110));
  EXPECT_EQ(limit.LeftOut(seconds(109)), 0u);
  EXPECT_EQ(limit.LeftOut(seconds(110)), 7u);
  EXPECT_EQ(limit.LeftOut(seconds(111)), 0u);
  EXPECT_FALSE(limit.TellAt());
}

TEST(LineLimit, TellsWhatWasLeftOutBeforeTheNextLine) {
  LineLimit limit(1, seconds(10));
  EXPECT_TRUE(limit.Take(seconds(1)).write);
  EXPECT_FALSE(limit.Take(seconds(2)).write);
  const LineLimit::Verdict next = limit.Take(seconds(11));
  EXPECT_TRUE(next.write);
  EXPECT_EQ(next.left_out_before, 1u);
}

TEST(LineLimit, BeginsAStretchWithItsFirstLine) {
  LineLimit limit(2, seconds(10));
  EXPECT_TRUE(limit.Take(seconds(55)).write);
  EXPECT_TRUE(limit.Take(seconds(64)).write);
  EXPECT_FALSE(limit.Take(seconds(64)).write);
  EXPECT_TRUE(limit.Take(seconds(65)).write);
}

}  // namespace
}  // namespace acledger::daemon
