// SPDX-License-Identifier: MIT
#include "daemon/rpc/line_buffer.h"

#include <gtest/gtest.h>

#include <vector>

namespace acledger::daemon {
namespace {

std::vector<std::string> TakeAll(LineBuffer& buffer) {
  std::vector<std::string> lines;
  while (const auto line = buffer.Next()) lines.emplace_back(*line);
  return lines;
}

using Lines = std::vector<std::string>;

TEST(LineBufferTest, GivesTheLinesOfOneChunkAndKeepsTheRest) {
  LineBuffer buffer;
  buffer.Append("one\ntwo\n\nthr");
  EXPECT_TRUE(buffer.HasLine());
  EXPECT_EQ(TakeAll(buffer), (Lines{"one", "two", ""}));
  EXPECT_FALSE(buffer.HasLine());
  EXPECT_EQ(buffer.Size(), 3u);
  buffer.Append("ee\n");
  EXPECT_EQ(TakeAll(buffer), Lines{"three"});
  EXPECT_EQ(buffer.Size(), 0u);
}

TEST(LineBufferTest, PutsALineTogetherFromSingleBytes) {
  LineBuffer buffer(8);
  Lines lines;
  for (const char c : std::string("ab\n12345678\n\n")) {
    buffer.Append({&c, 1});
    for (std::string& line : TakeAll(buffer)) lines.push_back(std::move(line));
  }
  EXPECT_EQ(lines, (Lines{"ab", "12345678", ""}));
}

TEST(LineBufferTest, KeepsLinesThatWereNotTakenWhenMoreComes) {
  LineBuffer buffer;
  buffer.Append("one\ntwo\nth");
  EXPECT_EQ(buffer.Next(), "one");
  buffer.Append("ree\nfour\n");
  EXPECT_EQ(TakeAll(buffer), (Lines{"two", "three", "four"}));
}

TEST(LineBufferTest, GivesWhatPrecedesALineThatIsTooLong) {
  LineBuffer buffer(4);
  buffer.Append("1234\n12345\nx\n");
  EXPECT_FALSE(buffer.IsTooLong());
  EXPECT_EQ(TakeAll(buffer), Lines{"1234"});
  EXPECT_TRUE(buffer.IsTooLong());
}

TEST(LineBufferTest, RefusesALineThatNeverEndsAndHoldsNothingOfIt) {
  LineBuffer buffer(1000);
  const std::string chunk(300, 'x');
  for (int i = 0; i < 3; ++i) buffer.Append(chunk);
  EXPECT_FALSE(buffer.IsTooLong());
  for (int i = 0; i < 100; ++i) buffer.Append(chunk);
  EXPECT_TRUE(buffer.IsTooLong());
  EXPECT_EQ(buffer.Size(), 0u);
  buffer.Append("\nfine\n");
  EXPECT_EQ(TakeAll(buffer), Lines{});
}

TEST(LineBufferTest, TakesALineOfExactlyTheLimit) {
  LineBuffer buffer(4);
  buffer.Append("1234");
  EXPECT_FALSE(buffer.IsTooLong());
  buffer.Append("\n");
  EXPECT_EQ(TakeAll(buffer), Lines{"1234"});
}

}  // namespace
}  // namespace acledger::daemon
