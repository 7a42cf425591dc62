// SPDX-License-Identifier: MIT
#include "security/wtf8.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace acledger {
namespace {

using std::string_literals::operator""s;

std::string Bytes(std::initializer_list<int> bytes) {
  std::string text;
  for (int byte : bytes) text.push_back(static_cast<char>(byte));
  return text;
}

TEST(Wtf8, WritesEachLengthAsUtf8Does) {
  EXPECT_EQ(ToWtf8(u"a\u00e9\u20ac\U0001F600"), Bytes({0x61, 0xC3, 0xA9, 0xE2, 0x82, 0xAC, 0xF0, 0x9F, 0x98, 0x80}));
}

TEST(Wtf8, KeepsAnUnpairedSurrogate) {
  std::u16string name = {u'a', char16_t{0xD800}, u'b', char16_t{0xDC00}};
  std::string text = ToWtf8(name);
  EXPECT_EQ(text, Bytes({0x61, 0xED, 0xA0, 0x80, 0x62, 0xED, 0xB0, 0x80}));
  EXPECT_EQ(FromWtf8(text).value(), name);
}

TEST(Wtf8, JoinsASurrogatePairIntoOneSequence) {
  std::u16string pair = {char16_t{0xDBFF}, char16_t{0xDFFF}};
  EXPECT_EQ(ToWtf8(pair), Bytes({0xF4, 0x8F, 0xBF, 0xBF}));
  EXPECT_EQ(FromWtf8(Bytes({0xF4, 0x8F, 0xBF, 0xBF})).value(), pair);
}

TEST(Wtf8, AppendsBehindWhatIsThere) {
  std::string out = "x\\";
  AppendWtf8(u"y", out);
  EXPECT_EQ(out, "x\\y");
}

struct Malformed {
  std::string text;
  const char* position;
};

class MalformedWtf8 : public testing::TestWithParam<Malformed> {};

TEST_P(MalformedWtf8, IsRefusedWithItsPosition) {
  EXPECT_FALSE(IsWtf8(GetParam().text));
  Expected<std::u16string> read = FromWtf8(GetParam().text);
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().kind, ErrorKind::kInvalid);
  EXPECT_THAT(read.error().reason, testing::EndsWith(GetParam().position));
}

INSTANTIATE_TEST_SUITE_P(Each, MalformedWtf8,
                         testing::Values(Malformed{"ab"s + Bytes({0x80}), "byte 2"},            // A lone continuation.
                                         Malformed{Bytes({0xC3}), "byte 0"},                    // Truncated.
                                         Malformed{"a"s + Bytes({0xE2, 0x82}), "byte 1"},       // Truncated.
                                         Malformed{Bytes({0xC0, 0xAF}), "byte 0"},              // Overlong '/'.
                                         Malformed{Bytes({0xE0, 0x80, 0xAF}), "byte 0"},        // Overlong '/'.
                                         Malformed{Bytes({0xF0, 0x80, 0x80, 0xAF}), "byte 0"},  // Overlong '/'.
                                         Malformed{Bytes({0xF4, 0x90, 0x80, 0x80}), "byte 0"},  // Past U+10FFFF.
                                         Malformed{Bytes({0xF8, 0x88, 0x80, 0x80, 0x80}), "byte 0"},
                                         // A pair written as two surrogates has a shorter form.
                                         Malformed{Bytes({0xED, 0xA0, 0x80, 0xED, 0xB0, 0x80}), "byte 3"}));

TEST(Wtf8, RoundTripsAnyCodeUnits) {
  std::mt19937 random(1);
  // Half of the units are surrogates, so that pairs, lone ones and reversed pairs all occur.
  for (int round = 0; round < 20000; ++round) {
    std::u16string name(random() % 12, u'\0');
    for (char16_t& unit : name) {
      unit = static_cast<char16_t>(random() % 2 == 0 ? 0xD800 + random() % 0x800 : random() % 0x10000);
    }
    std::string text = ToWtf8(name);
    ASSERT_TRUE(IsWtf8(text));
    ASSERT_EQ(FromWtf8(text).value(), name);
  }
}

TEST(Wtf8, RoundTripsEveryTextThatItAccepts) {
  std::mt19937 random(2);
  constexpr unsigned char kLikely[] = {0x61, 0x80, 0xA0, 0xAF, 0xB0, 0xBF, 0xC3, 0xE0, 0xED, 0xEF, 0xF0, 0xF4};
  int accepted = 0;
  for (int round = 0; round < 200000; ++round) {
    std::string text(random() % 7, '\0');
    for (char& c : text) c = static_cast<char>(kLikely[random() % sizeof kLikely]);
    Expected<std::u16string> read = FromWtf8(text);
    ASSERT_EQ(read.has_value(), IsWtf8(text));
    if (!read) continue;
    ++accepted;
    ASSERT_EQ(ToWtf8(*read), text);
  }
  EXPECT_GT(accepted, 1000);
}

TEST(Utf16, IsValidOnlyWithoutUnpairedSurrogates) {
  EXPECT_TRUE(IsUtf16(u"a\U0001F600"));
  EXPECT_FALSE(IsUtf16(std::u16string{char16_t{0xD83D}}));
  EXPECT_FALSE(IsUtf16(std::u16string{char16_t{0xDE00}, char16_t{0xD83D}}));
}

TEST(UpCase, MapsUnitByUnitAsNtfsDoes) {
  EXPECT_EQ(FoldName(u".ssh \u00e9\u00ff\u0137\u0451\u03c9"), u".SSH \u00c9\u0178\u0136\u0401\u03a9");
  EXPECT_EQ(UpCase(u'\u1f80'), u'\u1f88');
}

TEST(UpCase, LeavesLettersWhoseUpperCaseDoesNotLeadBack) {
  for (char16_t unit : {u'\u00df', u'\u0131', u'\u017f', u'\u00b5', u'\u03c2', u'\u01c5', u'\u0130', u'{', u'`'}) {
    EXPECT_EQ(UpCase(unit), unit) << std::hex << static_cast<unsigned>(unit);
  }
}

TEST(UpCase, IsIdempotentAndLeavesSurrogatesAlone) {
  for (unsigned unit = 0; unit < 0x10000; ++unit) {
    char16_t up = UpCase(static_cast<char16_t>(unit));
    ASSERT_EQ(UpCase(up), up) << std::hex << unit;
    ASSERT_TRUE(up == unit || unit < 0xD800 || unit >= 0xE000);
  }
}

TEST(FoldName, AgreesWithSameName) {
  EXPECT_TRUE(SameName(u"Stra\u00dfe \u0416", u"sTRA\u00dfE \u0436"));
  EXPECT_FALSE(SameName(u"strasse", u"stra\u00dfe"));
  EXPECT_FALSE(SameName(u"a", u"ab"));
}

TEST(FoldWtf8, FoldsWhatIsValidAndOnlyAsciiOfWhatIsNot) {
  EXPECT_EQ(FoldWtf8("\u00e9t\u00e9.Txt"), "\u00c9T\u00c9.TXT");
  EXPECT_EQ(FoldWtf8("\xC3\xA9\xFF z"), "\xC3\xA9\xFF Z");
}

}  // namespace
}  // namespace acledger
