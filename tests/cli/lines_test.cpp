// SPDX-License-Identifier: MIT
#include "tools/acledger/lines.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace acledger::tools {
namespace {

// Everything that a reader gives out, "!" for a line that is too long, when its input comes `piece` bytes at a time.
std::vector<std::string> LinesOf(std::string input, std::size_t piece, std::size_t max_line = 8) {
  std::size_t at = 0;
  LineReader reader(
      [&](std::span<char> buffer) -> Expected<std::size_t> {
        const std::size_t count = std::min({piece, buffer.size(), input.size() - at});
        std::copy_n(input.data() + at, count, buffer.data());
        at += count;
        return count;
      },
      max_line);
  std::vector<std::string> lines;
  std::string_view line;
  while (true) {
    auto result = reader.Next(line);
    if (!result || *result == LineReader::Result::kEnd) return lines;
    lines.emplace_back(*result == LineReader::Result::kTooLong ? "!" : line);
  }
}

class LineReaderTest : public testing::TestWithParam<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(Pieces, LineReaderTest, testing::Values(1, 2, 3, 7, 100'000));

using Lines = std::vector<std::string>;

TEST_P(LineReaderTest, TakesBothKindsOfLineEnds) {
  EXPECT_EQ(LinesOf("a\nbc\r\n\n\r\nd", GetParam()), (Lines{"a", "bc", "", "", "d"}));
}

TEST_P(LineReaderTest, GivesNoLineBehindTheLastEnd) {
  EXPECT_EQ(LinesOf("a\n", GetParam()), (Lines{"a"}));
  EXPECT_EQ(LinesOf("", GetParam()), Lines{});
}

TEST_P(LineReaderTest, SkipsOnlyTheLineThatIsTooLong) {
  EXPECT_EQ(LinesOf("12345678\r\n123456789\nab\n", GetParam()), (Lines{"12345678", "!", "ab"}));
  EXPECT_EQ(LinesOf("a\n" + std::string(1000, 'x') + "\nb\n", GetParam()), (Lines{"a", "!", "b"}));
  EXPECT_EQ(LinesOf("a\n" + std::string(1000, 'x'), GetParam()), (Lines{"a", "!"}));
}

TEST_P(LineReaderTest, KeepsACarriageReturnInsideALine) { EXPECT_EQ(LinesOf("a\rb\n", GetParam()), (Lines{"a\rb"})); }

TEST(LineReaderErrorTest, PassesTheErrorOfTheSourceOn) {
  LineReader reader([](std::span<char>) -> Expected<std::size_t> { return Fail(ErrorKind::kIo, "read", "broken"); });
  std::string_view line;
  auto result = reader.Next(line);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().reason, "broken");
}

}  // namespace
}  // namespace acledger::tools
