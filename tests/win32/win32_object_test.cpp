// SPDX-License-Identifier: MIT
// Names, identities and listings of a live volume.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <thread>

#include "security/win32/handle.h"
#include "tests/win32/scratch_folder.h"

namespace acledger::fixtures {
namespace {

using scanner::Access;
using scanner::ListedName;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

std::vector<std::u16string> NamesIn(scanner::Object& folder) {
  std::vector<std::u16string> names;
  folder
      .List([&](std::span<const ListedName> run) {
        for (const ListedName& name : run) names.push_back(name.name);
        return true;
      })
      .value();
  return names;
}

ErrorKind KindOfOpening(const ScratchFolder& scratch, std::u16string_view name) {
  const auto opened = OpenIn(scratch, u"")->OpenChild(name, Access::kRead);
  return opened ? ErrorKind::kNoEffect : opened.error().kind;
}

TEST(Win32Object, ListsEachNameWithTheIdentityThatItsHandleGives) {
  const ScratchFolder scratch;
  scratch.MakeFolder(u"folder");
  scratch.MakeFile(u"file.txt");
  auto root = OpenIn(scratch, u"");
  std::map<std::u16string, ListedName> listed;
  ASSERT_TRUE(root->List([&](std::span<const ListedName> run) {
    for (const ListedName& name : run) listed[name.name] = name;
    return true;
  }));
  ASSERT_EQ(listed.size(), 2u);
  for (const auto& [name, entry] : listed) {
    const scanner::ObjectInfo info = root->OpenChild(name, Access::kRead).value()->Info().value();
    EXPECT_EQ(info.id, entry.id);
    EXPECT_FALSE(info.id.IsNull());
    EXPECT_EQ(info.IsFolder(), name == u"folder");
    EXPECT_EQ(info.attributes & scanner::kAttributeDirectory, entry.attributes & scanner::kAttributeDirectory);
  }
}

TEST(Win32Object, ListsAnEmptyFolderAsEmpty) {
  const ScratchFolder scratch;
  EXPECT_THAT(NamesIn(*OpenIn(scratch, u"")), ElementsAre());
}

TEST(Win32Object, ListsAFolderThatFillsManyBuffers) {
  const ScratchFolder scratch;
  const std::u16string tail(100, u'x');
  std::set<std::u16string> made;
  for (int i = 0; i < 700; ++i) {
    const std::string number = std::to_string(i);
    made.insert(std::u16string(number.begin(), number.end()) + tail);
  }
  for (const std::u16string& name : made) scratch.MakeFile(name);
  const std::vector<std::u16string> names = NamesIn(*OpenIn(scratch, u""));
  EXPECT_EQ(names.size(), made.size());
  EXPECT_EQ(std::set<std::u16string>(names.begin(), names.end()), made);
}

TEST(Win32Object, StopsListingWhenToldTo) {
  const ScratchFolder scratch;
  const std::u16string tail(200, u'x');
  for (char16_t c = u'a'; c <= u'z'; ++c)
    for (char16_t d = u'a'; d <= u'h'; ++d) scratch.MakeFile(std::u16string{c, d} + tail);
  int runs = 0;
  ASSERT_TRUE(OpenIn(scratch, u"")->List([&](auto) { return ++runs, false; }));
  EXPECT_EQ(runs, 1);
}

TEST(Win32Object, KeepsItsRunWhileAnotherFolderIsListedInside) {
  const ScratchFolder scratch;
  scratch.MakeFolder(u"inner");
  scratch.MakeFile(u"inner\\other");
  auto root = OpenIn(scratch, u"");
  ASSERT_TRUE(root->List([&](std::span<const ListedName> run) {
    EXPECT_THAT(NamesIn(*root->OpenChild(u"inner", Access::kRead).value()), ElementsAre(u"other"));
    EXPECT_EQ(run[0].name, u"inner");
    return true;
  }));
}

TEST(Win32Object, RefusesToListAFile) {
  const ScratchFolder scratch;
  scratch.MakeFile(u"file");
  const auto listed = OpenIn(scratch, u"file")->List([](auto) { return true; });
  ASSERT_FALSE(listed);
  EXPECT_EQ(listed.error().operation, "list");
}

TEST(Win32Object, ReadsTheContentsOfAFileUpToTheLimit) {
  const ScratchFolder scratch;
  scratch.MakeFile(u"file");
  scratch.MakeFolder(u"folder");
  const std::string text(3000, 'x');
  std::ofstream(std::filesystem::path(scratch.Absolute(u"file")), std::ios::binary) << text;
  EXPECT_EQ(OpenIn(scratch, u"file")->ReadContent(4096).value(), text);
  EXPECT_EQ(OpenIn(scratch, u"file")->ReadContent(1000).value(), text.substr(0, 1000));
  EXPECT_FALSE(OpenIn(scratch, u"folder")->ReadContent(4096));
}

TEST(Win32Object, FindsNoChildBelowAFile) {
  const ScratchFolder scratch;
  scratch.MakeFile(u"file");
  EXPECT_FALSE(OpenIn(scratch, u"file")->OpenChild(u"child", Access::kRead));
}

TEST(Win32Object, RefusesNamesThatAreNoSingleComponent) {
  const ScratchFolder scratch;
  scratch.MakeFolder(u"a");
  scratch.MakeFile(u"a\\b");
  for (const std::u16string_view name : {u"a\\b", u"a/b", u"a:stream", u".", u"..", u""})
    EXPECT_EQ(KindOfOpening(scratch, name), ErrorKind::kInvalid);
}

TEST(Win32Object, SaysNotFoundForANameThatIsNotThere) {
  const ScratchFolder scratch;
  EXPECT_EQ(KindOfOpening(scratch, u"nobody"), ErrorKind::kNotFound);
}

TEST(Win32Object, OpensNamesThatWin32WouldTidy) {
  const ScratchFolder scratch;
  for (const char16_t* name : {u"dot.", u"space ", u"con", u" lead", u"\u00e9\u4e16\U0001F600"}) {
    scratch.MakeFile(name);
    EXPECT_TRUE(OpenIn(scratch, u"")->OpenChild(name, Access::kRead)) << std::string(name, name + 3);
  }
  EXPECT_THAT(NamesIn(*OpenIn(scratch, u"")),
              UnorderedElementsAre(u"dot.", u"space ", u"con", u" lead", u"\u00e9\u4e16\U0001F600"));
}

TEST(Win32Object, OpensByTheVolumesCaseRules) {
  const ScratchFolder scratch;
  scratch.MakeFile(u"ReadMe.txt");
  const auto exact = OpenIn(scratch, u"ReadMe.txt")->Info().value();
  EXPECT_EQ(OpenIn(scratch, u"README.TXT")->Info().value().id, exact.id);
}

TEST(Win32Object, WalksPathsBeyond260Units) {
  const ScratchFolder scratch;
  std::u16string path;
  for (int depth = 0; depth < 12; ++depth) {
    path += (depth ? u"\\" : u"") + std::u16string(100, static_cast<char16_t>(u'a' + depth));
    scratch.MakeFolder(path);
  }
  scratch.MakeFile(path + u"\\leaf", "O:BAG:BAD:P(A;;FA;;;SY)");
  EXPECT_EQ(SddlOf(*OpenIn(scratch, path + u"\\leaf")), "O:BAG:BAD:P(A;;FA;;;SY)");
}

TEST(Win32Object, CountsHardLinks) {
  const ScratchFolder scratch;
  scratch.MakeFile(u"one");
  EXPECT_EQ(OpenIn(scratch, u"one")->Info().value().link_count, 1u);
  ASSERT_TRUE(CreateHardLinkW(scratch.Absolute(u"two").c_str(), scratch.Absolute(u"one").c_str(), nullptr));
  EXPECT_EQ(OpenIn(scratch, u"one")->Info().value().link_count, 2u);
  EXPECT_EQ(OpenIn(scratch, u"one")->Info().value().id, OpenIn(scratch, u"two")->Info().value().id);
}

TEST(Win32Object, NamesEveryHardLinkOrSaysThatItCannot) {
  const ScratchFolder scratch;
  scratch.MakeFolder(u"other");
  scratch.MakeFile(u"one");
  ASSERT_TRUE(CreateHardLinkW(scratch.Absolute(u"other\\two").c_str(), scratch.Absolute(u"one").c_str(), nullptr));
  const auto names = OpenIn(scratch, u"one")->Names();
  if (!names) {
    EXPECT_EQ(names.error().kind, ErrorKind::kUnsupported);
    GTEST_SKIP() << "no FileHardLinkInformation here (Wine): " << names.error().ToString();
  }
  std::map<std::u16string, FileId> parents;
  for (const scanner::LinkName& link : *names) parents[link.name] = link.parent;
  EXPECT_EQ(parents.size(), 2u);
  EXPECT_EQ(parents[u"one"], OpenIn(scratch, u"")->Info().value().id);
  EXPECT_EQ(parents[u"two"], OpenIn(scratch, u"other")->Info().value().id);
}

TEST(Win32Object, OpensWithoutDisturbingSomeoneWhoSharesNothing) {
  const ScratchFolder scratch;
  scratch.MakeFile(u"locked");
  const win32::FileHandle holder(CreateFileW(scratch.Absolute(u"locked").c_str(), GENERIC_READ | GENERIC_WRITE, 0,
                                             nullptr, OPEN_EXISTING, 0, nullptr));
  ASSERT_TRUE(holder);
  EXPECT_TRUE(OpenIn(scratch, u"")->OpenChild(u"locked", Access::kWrite));
}

}  // namespace
}  // namespace acledger::fixtures
