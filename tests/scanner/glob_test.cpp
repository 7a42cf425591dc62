// SPDX-License-Identifier: MIT
#include "scanner/glob.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "security/wtf8.h"

namespace acledger::scanner {
namespace {

PathComponents Split(std::string_view text) { return ParsePath("/" + std::string(text))->components; }

bool Matches(const char* glob, std::string_view path) { return Glob::Parse(glob)->Matches(Split(path)); }

bool CanMatchBelow(const char* text, std::string_view folder) {
  Glob glob = Glob::Parse(text).value();
  Glob::State state = glob.Start();
  for (const std::u16string& component : Split(folder)) state = glob.Step(state, component);
  return glob.CanMatchBelow(state);
}

TEST(Glob, MatchesANameDirectlyBelowTheRootOnly) {
  EXPECT_TRUE(Matches("secrets", "Secrets"));
  EXPECT_FALSE(Matches("secrets", "a/secrets"));
  EXPECT_FALSE(Matches("secrets", "secrets/a"));
}

TEST(Glob, MatchesAtAnyDepthBehindTwoStars) {
  for (const char* path : {"k.pem", "a/k.pem", "a/b/K.PEM"}) EXPECT_TRUE(Matches("**/*.pem", path)) << path;
  EXPECT_FALSE(Matches("**/*.pem", "a/k.pem/b"));
  EXPECT_TRUE(Matches("a/**/b", "a/b"));
  EXPECT_TRUE(Matches("a/**/b", "a/x/y/b"));
  EXPECT_FALSE(Matches("a/**/b", "x/a/b"));
}

TEST(Glob, MatchesEverythingBelowAFolderButNotTheFolder) {
  EXPECT_FALSE(Matches("build/**", "build"));
  EXPECT_TRUE(Matches("build/**", "build/x"));
  EXPECT_TRUE(Matches("build/**", "build/x/y"));
  EXPECT_TRUE(Matches("**", "anything"));
}

TEST(Glob, KeepsOneStarWithinAComponent) {
  EXPECT_TRUE(Matches("a*c/d", "abbc/d"));
  EXPECT_TRUE(Matches("*", "x"));
  EXPECT_FALSE(Matches("*", "x/y"));
  EXPECT_FALSE(Matches("a*c", "a/c"));
  EXPECT_TRUE(Matches("a**c", "abc"));
}

TEST(Glob, MatchesOneUnitForAQuestionMark) {
  EXPECT_TRUE(Matches("a?c", "abc"));
  EXPECT_FALSE(Matches("a?c", "ac"));
  EXPECT_FALSE(Matches("?", "\xF0\x9F\x98\x80"));
  EXPECT_TRUE(Matches("??", "\xF0\x9F\x98\x80"));
}

TEST(Glob, TakesBothSeparatorsAndOneAtTheEnd) {
  EXPECT_TRUE(Matches("a\\b/c", "a/b/c"));
  EXPECT_TRUE(Matches("a/b/", "a/b"));
}

TEST(Glob, TakesBracketsAndBracesLiterally) {
  EXPECT_TRUE(Matches("[ab]", "[AB]"));
  EXPECT_FALSE(Matches("[ab]", "a"));
  EXPECT_TRUE(Matches("{a,b}", "{a,b}"));
}

TEST(Glob, FoldsCaseAsNtfsDoes) {
  EXPECT_TRUE(Matches("\u00c9t*", "\u00e9T\u00e9"));
  EXPECT_FALSE(Matches("stra\u00dfe", "STRASSE"));
}

struct Bad {
  const char* text;
  const char* position;
};
class BadGlob : public testing::TestWithParam<Bad> {};

TEST_P(BadGlob, IsRefusedWithItsPosition) {
  Expected<Glob> glob = Glob::Parse(GetParam().text);
  ASSERT_FALSE(glob);
  EXPECT_EQ(glob.error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(glob.error().path, GetParam().text);
  EXPECT_THAT(glob.error().reason, testing::EndsWith(GetParam().position));
}

INSTANTIATE_TEST_SUITE_P(Each, BadGlob,
                         testing::Values(Bad{"", "position 0"}, Bad{"/a", "position 0"}, Bad{"\\a", "position 0"},
                                         Bad{"C:\\a", "position 0"}, Bad{"a/../b", "position 2"},
                                         Bad{"a/.", "position 2"}, Bad{"a//b", "position 2"},
                                         Bad{"ab/c:d", "position 3"}, Bad{"a/b\x01", "position 2"},
                                         Bad{"a/\xFF", "position 2"}));

TEST(Glob, RefusesMoreComponentsThanItCanFollow) {
  std::string text = "a";
  for (int i = 0; i < 60; ++i) text += "/a";
  EXPECT_TRUE(Glob::Parse(text));
  EXPECT_FALSE(Glob::Parse(text + "/a/a"));
}

TEST(Glob, TakesALiteralPathLiterally) {
  Glob glob = Glob::Literal({u"a*", u"**"}).value();
  EXPECT_TRUE(glob.Matches(PathComponents{u"A*", u"**"}));
  EXPECT_FALSE(glob.Matches(PathComponents{u"ab", u"**"}));
  EXPECT_FALSE(glob.Matches(PathComponents{u"a*", u"x"}));
}

TEST(Glob, KnowsWhereSomethingCouldMatchLater) {
  for (const char* folder : {"", "x", "x/y/z"}) EXPECT_TRUE(CanMatchBelow("**/*.pem", folder)) << folder;
  for (const char* folder : {"", "a", "a/b"}) EXPECT_TRUE(CanMatchBelow("a/b/secret", folder)) << folder;
  for (const char* folder : {"x", "a/x", "a/b/secret", "a/b/c"}) EXPECT_FALSE(CanMatchBelow("a/b/secret", folder));
  for (const char* folder : {"", "build", "build/x"}) EXPECT_TRUE(CanMatchBelow("build/**", folder)) << folder;
  EXPECT_FALSE(CanMatchBelow("build/**", "src"));
}

// A plain recursive matcher, exponential, as the judge.
bool NameMatches(std::u16string_view glob, std::u16string_view name) {
  if (glob.empty()) return name.empty();
  if (glob[0] == u'*') return NameMatches(glob.substr(1), name) || (!name.empty() && NameMatches(glob, name.substr(1)));
  return !name.empty() && (glob[0] == u'?' || UpCase(glob[0]) == UpCase(name[0])) &&
         NameMatches(glob.substr(1), name.substr(1));
}
bool PathMatches(std::span<const std::u16string> glob, std::span<const std::u16string> path) {
  if (glob.empty()) return path.empty();
  if (glob[0] == u"**") {
    if (glob.size() == 1) return !path.empty();
    return PathMatches(glob.subspan(1), path) || (!path.empty() && PathMatches(glob, path.subspan(1)));
  }
  return !path.empty() && NameMatches(glob[0], path[0]) && PathMatches(glob.subspan(1), path.subspan(1));
}

template <class Strings>
PathComponents RandomPath(std::mt19937& random, const Strings& names, std::size_t least, std::size_t most) {
  PathComponents path(least + random() % (most - least + 1));
  for (std::u16string& name : path) name = names[random() % std::size(names)];
  return path;
}

TEST(Glob, AgreesWithARecursiveMatcher) {
  constexpr const char16_t* kPatterns[] = {u"**", u"**", u"*", u"a", u"b", u"a*", u"*b", u"?", u"a?", u"*a*b*", u"ab"};
  constexpr const char16_t* kNames[] = {u"a", u"b", u"A", u"ab", u"aB", u"abab", u"ba", u"c"};
  std::mt19937 random(3);
  int matched = 0;
  for (int round = 0; round < 100000; ++round) {
    PathComponents glob = RandomPath(random, kPatterns, 1, 5);
    // The judge has no notion of a trailing `**` behind another.
    glob.erase(std::ranges::unique(glob, [](auto& x, auto& y) { return x == u"**" && y == u"**"; }).begin(),
               glob.end());
    PathComponents path = RandomPath(random, kNames, 1, 6);
    bool expected = PathMatches(glob, path);
    matched += expected;
    ASSERT_EQ(Glob::Parse(FormatPath(glob).substr(1))->Matches(path), expected)
        << FormatPath(glob) << " on " << FormatPath(path);
  }
  EXPECT_GT(matched, 10000);
}

// Far too slow if matching were exponential in either dimension: 2^60 steps.
TEST(Glob, StaysBoundedOnPatternsThatInviteBacktracking) {
  std::string deep = "**";
  for (int i = 0; i < 28; ++i) deep += "/a/**";
  deep += "/b";
  EXPECT_FALSE(Glob::Parse(deep)->Matches(PathComponents(300, u"a")));

  std::string wide;
  for (int i = 0; i < 100; ++i) wide += "*a";
  EXPECT_FALSE(Glob::Parse(wide + "b")->Matches(PathComponents{std::u16string(255, u'a')}));
}

}  // namespace
}  // namespace acledger::scanner
