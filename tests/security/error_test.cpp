// SPDX-License-Identifier: MIT
#include "security/error.h"

#include <gtest/gtest.h>

#include <set>

namespace acledger {
namespace {

TEST(ErrorTest, SaysWhatWhereAndWhyOnOneLine) {
  Error error{ErrorKind::kDenied, "open", "C:\\x", 0xC0000022, "access is denied"};
  EXPECT_EQ(error.ToString(), "open C:\\x: access is denied (0xc0000022)");
}

TEST(ErrorTest, WritesSmallCodesAsTheNumbersPeopleKnow) {
  EXPECT_EQ((Error{ErrorKind::kNotFound, "open", "/x", 2, "no such file"}.ToString()), "open /x: no such file (2)");
}

TEST(ErrorTest, NamesTheKindWhereThereIsNoReason) {
  EXPECT_EQ((Error{ErrorKind::kBusy, "open", "", 0, ""}.ToString()), "open: busy");
}

TEST(ErrorTest, EscapesLineBreaksAndTerminalSequencesInAPath) {
  Error error{ErrorKind::kIo, "read", "a\nb\x1B[2J", 0, "failed"};
  EXPECT_EQ(error.ToString(), "read a\\x0ab\\x1b[2J: failed");
}

TEST(ErrorTest, HasADifferentNameForEachKind) {
  std::set<std::string> names;
  for (int kind = 0; kind <= static_cast<int>(ErrorKind::kIo); ++kind) names.insert(Name(static_cast<ErrorKind>(kind)));
  EXPECT_EQ(names.size(), static_cast<std::size_t>(ErrorKind::kIo) + 1);
  EXPECT_EQ(names.count("unknown"), 0u);
}

TEST(ErrorTest, TakesItsPathLater) {
  Expected<int> failed = Fail(ErrorKind::kInvalid, "parse", "bad", 0);
  Error error = std::move(failed.error()).At("x.bin");
  EXPECT_EQ(error.ToString(), "parse x.bin: bad");
}

}  // namespace
}  // namespace acledger
