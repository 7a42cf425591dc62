// SPDX-License-Identifier: MIT
#include "daemon/rpc/json.h"

#include <gtest/gtest.h>

namespace acledger::daemon {
namespace {

ErrorKind KindOf(const std::string& text, const JsonLimits& limits = {}) {
  const Expected<Json> json = ParseJson(text, limits);
  EXPECT_FALSE(json.has_value()) << text;
  return json ? ErrorKind::kIo : json.error().kind;
}

std::string Nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST(JsonTest, ReadsADocumentAndWritesItOnOneLine) {
  const Expected<Json> json = ParseJson(" {\"b\": [1, 2.5, \"x\\ny\"],\r\n\t\"a\": null} ");
  ASSERT_TRUE(json.has_value());
  EXPECT_EQ(Text(*json), R"({"b":[1,2.5,"x\ny"],"a":null})");
}

TEST(JsonTest, RefusesWhatIsNoJson) {
  for (const char* text : {"", " ", "{", "[1,]", "{\"a\" 1}", "nul", "[1] 2", "\"\\ud800\"", "\"\xff\"", "1e999", "'a'",
                           "\"open", "\"open\\", "]", "{\"a\":1}}", "\"tab\there\""})
    EXPECT_EQ(KindOf(text), ErrorKind::kInvalid) << text;
}

TEST(JsonTest, LimitsDepthInAnyMixture) {
  EXPECT_TRUE(ParseJson(Nested(64)).has_value());
  EXPECT_EQ(KindOf(Nested(65)), ErrorKind::kTooLarge);
  std::string text;
  for (int i = 0; i < 40; ++i) text += "{\"a\":[";
  EXPECT_EQ(KindOf(text), ErrorKind::kTooLarge);
  EXPECT_EQ(KindOf(std::string(1 << 20, '[')), ErrorKind::kTooLarge);
}

TEST(JsonTest, LimitsMembersOfOneObjectOnly) {
  const JsonLimits three{.members = 3};
  EXPECT_TRUE(ParseJson(R"([{"a":1,"b":2,"c":[1,2,3,4]},{"d":{"e":1,"f":2},"g":1}])", three).has_value());
  EXPECT_EQ(KindOf(R"({"a":{"x":1},"b":2,"c":[],"d":4})", three), ErrorKind::kTooLarge);
}

TEST(JsonTest, LimitsValues) {
  const JsonLimits four{.values = 4};
  EXPECT_TRUE(ParseJson("[1,2,3,4]", four).has_value());
  EXPECT_EQ(KindOf("[1,2,3,4,5]", four), ErrorKind::kTooLarge);
}

TEST(JsonTest, DoesNotCountWhatIsInsideStrings) {
  const JsonLimits small{.depth = 1, .members = 2, .values = 3};
  EXPECT_TRUE(ParseJson(R"({"[[{{,,,\"[[,,\\":"],}","b":"\\"})", small).has_value());
}

TEST(JsonTest, ReplacesBytesThatAreNoUtf8WhenWriting) {
  EXPECT_EQ(Text(Json("a\xff")), "\"a\xEF\xBF\xBD\"");
  EXPECT_EQ(Text(Json("line\nend")), R"("line\nend")");
}

}  // namespace
}  // namespace acledger::daemon
