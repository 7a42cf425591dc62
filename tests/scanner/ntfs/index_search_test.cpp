// SPDX-License-Identifier: MIT
#include "scanner/ntfs/index_search.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "security/wtf8.h"
#include "tests/scanner/ntfs/index_volume.h"
#include "tests/scanner/ntfs/random_tree.h"

namespace acledger::scanner::ntfs {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAreArray;

std::vector<std::string> PathsOf(store::VolumeStore& store, std::string_view pattern, const SearchRequest& request = {},
                                 bool* more = nullptr) {
  auto index = Must(StoredPages::Open(store));
  std::vector<std::string> paths;
  const bool stopped = Must(Search(index, Must(NamePattern::Parse(pattern)), request,
                                   [&paths](const Hit& hit) { paths.push_back(hit.path); }));
  if (more != nullptr) *more = stopped;
  return paths;
}

std::string Text(const std::vector<std::u16string>& path) {
  std::string text;
  for (const std::u16string& component : path) text += "\\" + ToWtf8(component);
  return text;
}

TEST(IndexSearchTest, FindsWhatBruteForceFinds) {
  for (unsigned seed = 0; seed < 12; ++seed) {
    const RandomTree tree(seed, 200);
    TinyVolume volume = tree.Volume();
    ScratchStore ledger;
    ledger.Store(volume);
    for (const char* pattern :
         {"*.pem", "readme.md", "*", "?", "\xC3\xA4pf*", "*\xC3\x84*", "e?", "a*c", "src*", "\\src\\**", "**\\*.pem",
          "\\*\\src", "/a/**/x.pem", "**", "nothing", "*d*", "C:\\SRC\\*", "?odd"}) {
      const NamePattern parsed = Must(NamePattern::Parse(pattern));
      std::vector<std::string> expected;
      for (const auto& [number, object] : tree.objects) {
        for (const RandomTree::Name& name : object.names) {
          const auto path = tree.PathOf(name);
          if (parsed.IsPath() ? parsed.Glob().Matches(path) : parsed.Glob().LastMatches(name.text))
            expected.push_back(Text(path));
        }
      }
      EXPECT_THAT(PathsOf(*ledger, pattern), UnorderedElementsAreArray(expected)) << pattern << ", seed " << seed;
    }
  }
}

TEST(IndexSearchTest, StopsAtTheLimitAndSaysSo) {
  const RandomTree tree(1, 200);
  TinyVolume volume = tree.Volume();
  ScratchStore ledger;
  ledger.Store(volume);
  const auto all = PathsOf(*ledger, "*");
  bool more = false;
  SearchRequest request;
  request.limit = 7;
  EXPECT_EQ(PathsOf(*ledger, "*", request, &more), std::vector(all.begin(), all.begin() + 7));
  EXPECT_TRUE(more);
  request.limit = all.size();
  EXPECT_THAT(PathsOf(*ledger, "*", request, &more), SizeIs(all.size()));
  EXPECT_FALSE(more);
  request.limit = 0;
  EXPECT_THAT(PathsOf(*ledger, "*", request, &more), IsEmpty());
  EXPECT_TRUE(more);
}

TEST(IndexSearchTest, TakesOnlyObjectsThatAreWanted) {
  TinyVolume volume;
  volume.AddFile(30, u"one.txt", TinyVolume::kRoot, 0);
  volume.AddFolder(31, u"two.txt", TinyVolume::kRoot, 0);
  ScratchStore ledger;
  ledger.Store(volume);
  SearchRequest request;
  request.wanted = [](const store::IndexedObject& object) -> Expected<bool> { return object.is_folder; };
  EXPECT_THAT(PathsOf(*ledger, "*.TXT", request), ElementsAre("\\two.txt"));
}

TEST(IndexSearchTest, TellsANameWhoseFolderIsNotKnown) {
  TinyVolume volume;
  volume.AddFile(30, u"orphan", FileReference::Of(60, 3), 0);
  ScratchStore ledger;
  ledger.Store(volume);
  EXPECT_THAT(PathsOf(*ledger, "orphan"), ElementsAre("?\\orphan"));
  EXPECT_THAT(PathsOf(*ledger, "\\**\\orphan"), IsEmpty());
}

TEST(NamePatternTest, RefusesWhatAGlobRefuses) {
  for (const char* pattern : {"", "\\", "a\\\\b", "a:b", "..", "x\xFF"})
    EXPECT_EQ(Failure(NamePattern::Parse(pattern)), ErrorKind::kInvalid) << pattern;
}

TEST(NamePatternTest, NeedsTheLongestLiteralPart) {
  EXPECT_EQ(Must(NamePattern::Parse("*.package*json?")).Needle(), ".PACKAGE");
  EXPECT_EQ(Must(NamePattern::Parse("\\Users\\**\\*key")).Needle(), "KEY");
  EXPECT_EQ(Must(NamePattern::Parse("\xC3\xA4pfel\xC3\xA4x")).Needle(), "PFEL");
  EXPECT_EQ(Must(NamePattern::Parse("**")).Needle(), "");
}

// The search through bytes rests on it.
TEST(NamePatternTest, NoLetterBeyondAsciiIsUpperCasedIntoIt) {
  for (std::uint32_t unit = 0x80; unit <= 0xFFFF; ++unit) ASSERT_GE(UpCase(static_cast<char16_t>(unit)), 0x80) << unit;
}

TEST(NamePatternTest, FoldsEveryByteAtEveryPlace) {
  for (int place = 0; place < 19; ++place) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string text(19, 'q'), folded(19, '\0'), expected(19, 'Q');
      text[static_cast<std::size_t>(place)] = static_cast<char>(byte);
      expected[static_cast<std::size_t>(place)] = static_cast<char>(byte >= 'a' && byte <= 'z' ? byte - 0x20 : byte);
      FoldAscii(text, folded.data());
      ASSERT_EQ(folded, expected) << byte << " at " << place;
    }
  }
}

TEST(NamePatternTest, FindsANeedleWhereItIs) {
  std::mt19937 random(4);
  for (int round = 0; round < 5'000; ++round) {
    std::string text(random() % 40, 'A'), needle(1 + random() % 4, 'A');
    for (char& c : text) c = "AB\xFF"[random() % 3];
    for (char& c : needle) c = "AB"[random() % 2];
    const std::size_t from = random() % 45;
    ASSERT_EQ(FindNeedle(text, needle, RarestByte(needle), from), text.find(needle, from));
  }
}

}  // namespace
}  // namespace acledger::scanner::ntfs
