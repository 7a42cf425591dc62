// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "security/sddl.h"

namespace acledger::security {
namespace {

using testing::HasSubstr;

std::string Ace(std::string_view condition) { return "D:(XA;;FX;;;WD;" + std::string(condition) + ")"; }

// The bytes behind the SID of the one ACE.
DescriptorBytes ConditionOf(std::string_view condition) {
  auto bytes = FromSddl(Ace(condition));
  EXPECT_TRUE(bytes.has_value()) << condition << ": " << bytes.error().ToString();
  if (!bytes) return {};
  auto view = DescriptorView::Parse(*bytes);
  const Bytes data = (*view->Dacl()->begin()).ApplicationData();
  return {data.begin(), data.end()};
}

std::string ReasonFor(std::string_view condition) {
  auto bytes = FromSddl(Ace(condition));
  EXPECT_FALSE(bytes.has_value()) << condition << " was taken";
  return bytes ? "" : bytes.error().reason;
}

// The condition after going to bytes and back.
std::string Again(std::string_view condition) {
  auto bytes = FromSddl(Ace(condition));
  if (!bytes) return bytes.error().ToString();
  auto text = ToSddl(*DescriptorView::Parse(*bytes));
  if (!text) return text.error().ToString();
  const std::size_t before = Ace("").size() - 1;
  return text->substr(before, text->size() - before - 1);
}

std::expected<std::string, Error> TextOf(DescriptorBytes condition) {
  DescriptorBytes ace = MakeAce(AceType::kAccessAllowedCallback, 0, kFileGenericExecute, Sid::Everyone());
  ace.insert(ace.end(), condition.begin(), condition.end());
  ace[2] = static_cast<std::uint8_t>(ace.size());
  DescriptorParts parts;
  parts.dacl_state = DescriptorParts::AclState::kPresent;
  parts.dacl = {ace};
  const DescriptorBytes bytes = *Build(parts);
  return ToSddl(*DescriptorView::Parse(bytes));
}

TEST(SddlConditionTest, MakesPostfixBytes) {
  EXPECT_EQ(ConditionOf("(@User.Title == \"PM\")"),
            DescriptorBytes({'a',  'r', 't', 'x',                                              //
                             0xF9, 10,  0,   0,   0, 'T', 0, 'i', 0, 't',  0, 'l', 0, 'e', 0,  //
                             0x10, 4,   0,   0,   0, 'P', 0, 'M', 0, 0x80, 0, 0,   0}));
  EXPECT_EQ(ConditionOf("(a >= -0x10)"),
            DescriptorBytes({'a',  'r',  't',  'x',  0xF8, 2,    0,    0,    0,    'a', 0,  //
                             0x04, 0xF0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 2,   3, 0x85, 0}));
  EXPECT_EQ(ConditionOf("(Member_of {SID(SY)})"),
            DescriptorBytes({'a',  'r', 't', 'x', 0x50, 17, 0, 0, 0,  //
                             0x51, 12,  0,   0,   0,    1,  1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0, 0x89, 0}));
  EXPECT_EQ(ConditionOf("(a || b && !(c))"),
            DescriptorBytes({'a',  'r', 't', 'x', 0xF8, 2,   0, 0,    0,    'a', 0, 0xF8, 2, 0, 0, 0, 'b', 0,  //
                             0xF8, 2,   0,   0,   0,    'c', 0, 0xA2, 0xA0, 0xA1}));
}

TEST(SddlConditionTest, WritesWhatItReads) {
  for (const char* text : {
           "(@USER.Title == \"PM\")",
           "(Exists WIN://SYSAPPID)",
           "(Not_Exists @RESOURCE.a)",
           "(@DEVICE.Bitlocker)",
           "(WIN://SYSAPPID Contains \"A.B_8wekyb3d8bbwe\")",
           "(@USER.Project Any_of @RESOURCE.Project)",
           "(@USER.clearance >= 0x7fffffffffffffff)",
           "(a == {1, -2, +0x3, 017, \"x\", #01ff, SID(BA)})",
           "((Member_of_Any {SID(BA), SID(S-1-5-21-1-2-3-4)}) && (Not_Device_Member_of SID(WD)))",
           "((a) && (b) && (c))",
           "((a) || ((b) && (c)))",
           "((a) && ((b) && (c)))",
           "(!(!(@USER.a != \"\")))",
           "(@USER.ad://ext/x%0020%0022y%00e9 == \"\xC3\xA9\")",
       }) {
    EXPECT_EQ(Again(text), text);
  }
}

TEST(SddlConditionTest, ReadsSpacesCaseAndPrecedence) {
  EXPECT_EQ(Again("(@user.a=={ 1 ,2 })"), "(@USER.a == {1, 2})");
  EXPECT_EQ(Again("(member_OF((sid(ba)))||not_exists b)"), "((Member_of SID(BA)) || (Not_Exists b))");
  EXPECT_EQ(Again("( a||b&&c )"), "((a) || ((b) && (c)))");
  EXPECT_EQ(Again("(((a)))"), "(a)");
}

TEST(SddlConditionTest, KeepsItBesideOtherEntries) {
  const std::string text = "D:(A;;FA;;;SY)(XD;OICI;FX;;;WD;(@USER.x == \");(\"))(A;;FR;;;BU)S:(XU;SA;FX;;;WD;(a))";
  auto bytes = FromSddl(text);
  ASSERT_TRUE(bytes.has_value()) << bytes.error().ToString();
  EXPECT_EQ(*ToSddl(*DescriptorView::Parse(*bytes)), text);
}

TEST(SddlConditionTest, RefusesWithThePosition) {
  EXPECT_THAT(ReasonFor(""), HasSubstr("position 15: '(' of a condition expected"));
  EXPECT_THAT(ReasonFor("()"), HasSubstr("position 16:"));
  EXPECT_THAT(ReasonFor("(a == a)"), HasSubstr("position 21: a value or SID(...) expected"));
  EXPECT_THAT(ReasonFor("(a == 1"), HasSubstr("position 23: ')' expected"));
  EXPECT_THAT(ReasonFor("(a < {1})"), HasSubstr("a list has no order"));
  EXPECT_THAT(ReasonFor("(@Nobody.a)"), HasSubstr("position 16:"));
  EXPECT_THAT(ReasonFor("(! Member_of{SID(BA)})"), HasSubstr("position 18:"));
  EXPECT_THAT(ReasonFor("(Member_of {1, 2})"), HasSubstr("SID(...) expected"));
  EXPECT_THAT(ReasonFor("(Member_of_AnySID(BA))"), HasSubstr("')' of a condition expected"));
  EXPECT_THAT(ReasonFor("(Member_of {SID(ernie)})"), HasSubstr("position 33: ')' behind a SID expected"));
  EXPECT_THAT(ReasonFor("(a == \"x)"), HasSubstr("without its closing"));
  EXPECT_THAT(ReasonFor("(a == #012)"), HasSubstr("odd number"));
  EXPECT_THAT(ReasonFor("(a == 0x8000000000000000)"), HasSubstr("too large"));
  EXPECT_THAT(ReasonFor("(a == 018)"), HasSubstr("not an octal digit"));
  EXPECT_THAT(ReasonFor("(%12 == 1)"), HasSubstr("four hex digits"));
  EXPECT_THAT(ReasonFor("(a && )"), HasSubstr("position 21:"));
}

TEST(SddlConditionTest, BoundsTheNesting) {
  EXPECT_THAT(ReasonFor(std::string(100'000, '(')), HasSubstr("nested too deeply"));
  std::string negations;
  for (int i = 0; i < 1000; ++i) negations += "(!";
  EXPECT_THAT(ReasonFor(negations), HasSubstr("nested too deeply"));
  EXPECT_EQ(Again("(" + std::string(60, '(') + "a" + std::string(60, ')') + ")"), "(a)");
}

TEST(SddlConditionTest, DoesNotWriteWhatWouldComeBackOtherwise) {
  const DescriptorBytes short_integer{'a', 'r', 't', 'x', 0xF8, 2, 0, 0, 0, 'a', 0,    0x01,
                                      5,   0,   0,   0,   0,    0, 0, 0, 3, 2,   0x80, 0};
  const DescriptorBytes unknown_base{'a', 'r', 't', 'x', 0xF8, 2, 0, 0, 0, 'a', 0,    0x04,
                                     5,   0,   0,   0,   0,    0, 0, 0, 3, 9,   0x80, 0};
  const DescriptorBytes no_magic{'a', 'r', 't', 'y', 0xF8, 2, 0, 0, 0, 'a', 0, 0};
  const DescriptorBytes cut_name{'a', 'r', 't', 'x', 0xF8, 200, 0, 0, 0, 'a', 0, 0};
  const DescriptorBytes no_operand{'a', 'r', 't', 'x', 0x80, 0, 0, 0};
  const DescriptorBytes two_results{'a', 'r', 't', 'x', 0xF8, 2, 0, 0, 0, 'a', 0, 0xF8, 2, 0, 0, 0, 'b', 0, 0, 0};
  const DescriptorBytes padded_too_far{'a', 'r', 't', 'x', 0xF8, 2, 0, 0, 0, 'a', 0, 0, 0, 0, 0, 0};
  for (const auto& condition :
       {DescriptorBytes{}, short_integer, unknown_base, no_magic, cut_name, no_operand, two_results, padded_too_far}) {
    auto text = TextOf(condition);
    ASSERT_FALSE(text.has_value()) << *text;
    EXPECT_EQ(text.error().kind, ErrorKind::kUnsupported);
  }
  EXPECT_TRUE(TextOf(ConditionOf("(a)")).has_value());
}

TEST(SddlConditionTest, WritesALongChainInLinearTime) {
  std::string text = "(a";
  while (text.size() < 60'000) text += "&&a";
  const DescriptorBytes condition = ConditionOf(text.substr(0, 20'000) + ")");
  EXPECT_GT(condition.size(), 1000u);
  EXPECT_THAT(Again(text.substr(0, 20'000 - 1) + "a)"), HasSubstr("(a) && (a)"));
}

TEST(SddlConditionTest, RefusesAnAceOfMoreThan64KiB) {
  EXPECT_THAT(ReasonFor("(a == \"" + std::string(40'000, 'x') + "\")"), HasSubstr("too long"));
}

TEST(SddlConditionTest, RefusesResourceAttributesAtTheAce) {
  auto bytes = FromSddl("D:S:(RA;;;;;WD;(\"Project\",TS,0x0,\"A\"))");
  ASSERT_FALSE(bytes.has_value());
  EXPECT_EQ(bytes.error().kind, ErrorKind::kUnsupported);
  EXPECT_THAT(bytes.error().reason, HasSubstr("position 4:"));
}

}  // namespace
}  // namespace acledger::security
