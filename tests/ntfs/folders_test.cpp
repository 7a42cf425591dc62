// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <algorithm>

#include "security/wtf8.h"
#include "tests/ntfs/test_image.h"

namespace acledger::scanner {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

const security::DescriptorBytes kAny = Sddl("O:BAG:SYD:(A;;FA;;;SY)");

class FoldersTest : public TestImage {
 protected:
  std::vector<ListedName> List(Object& folder) {
    std::vector<ListedName> names;
    Must(folder.List([&](std::span<const ListedName> run) {
      names.insert(names.end(), run.begin(), run.end());
      return true;
    }));
    return names;
  }
  std::vector<std::u16string> Names(Object& folder) {
    std::vector<std::u16string> names;
    for (auto& listed : List(folder)) names.push_back(std::move(listed.name));
    return names;
  }
  FileId Add(FileId parent, std::u16string_view name, bool folder = false) {
    const std::uint32_t descriptor = Must(Builder().Intern(kAny));
    return Must(folder ? Builder().AddFolder(parent, name, descriptor) : Builder().AddFile(parent, name, descriptor));
  }
  ErrorKind KindOfOpening(std::u16string_view name) {
    const auto volume = OpenVolume(true);
    const auto opened = Must(volume->OpenRoot(Access::kRead))->OpenChild(name, Access::kRead);
    return opened ? throw std::runtime_error("it was opened") : opened.error().kind;
  }
};

TEST_F(FoldersTest, HidesTheFilesOfNtfsItself) {
  Builder();
  const auto volume = OpenVolume(true);
  EXPECT_THAT(Names(*Must(volume->OpenRoot(Access::kRead))), IsEmpty());
}

TEST_F(FoldersTest, RefusesToOpenTheFilesOfNtfsItself) {
  Builder();
  const auto volume = OpenVolume(true);
  const auto by_name = Must(volume->OpenRoot(Access::kRead))->OpenChild(u"$MFT", Access::kRead);
  ASSERT_FALSE(by_name);
  EXPECT_EQ(by_name.error().kind, ErrorKind::kUnsupported);
  EXPECT_EQ(Failure(volume->OpenById({9 | (std::uint64_t{9} << 48), 0}, Access::kRead)), ErrorKind::kUnsupported);
}

TEST_F(FoldersTest, ListsNamesAsTheyAreStored) {
  const std::u16string lone{u'x', 0xDC00}, pair = u"\U0001F600", space = u"end ", dot = u"end.";
  for (const auto& name : {lone, pair, space, dot}) AddFile(name, kAny);
  const auto volume = OpenVolume(true);
  EXPECT_THAT(Names(*Must(volume->OpenRoot(Access::kRead))), UnorderedElementsAre(lone, pair, space, dot));
}

TEST_F(FoldersTest, OpensWhatItLists) {
  const FileId folder = AddFolder(u"folder", kAny);
  for (int i = 0; i < 3'000; ++i) {
    const std::string number = std::to_string(i * 7919 % 3'000);
    Add(folder, std::u16string(number.begin(), number.end()) + u" some longer name");
  }
  const auto volume = OpenVolume(true);
  const auto opened = Must(volume->OpenById(folder, Access::kRead));
  const auto listed = List(*opened);
  ASSERT_EQ(listed.size(), 3'000u);
  for (const ListedName& name : listed) {
    ASSERT_EQ(Must(Must(opened->OpenChild(name.name, Access::kRead))->Info()).id, name.id);
  }
}

TEST_F(FoldersTest, StopsListingWhenAsked) {
  const FileId folder = AddFolder(u"folder", kAny);
  for (char16_t unit = u'a'; unit <= u'z'; ++unit) Add(folder, std::u16string(1, unit));
  const auto volume = OpenVolume(true);
  int runs = 0;
  Must(Must(volume->OpenById(folder, Access::kRead))->List([&](std::span<const ListedName>) { return ++runs == 0; }));
  EXPECT_EQ(runs, 1);
}

TEST_F(FoldersTest, RefusesToListAFile) {
  const FileId file = AddFile(u"file", kAny);
  const auto volume = OpenVolume(true);
  const auto listed = Must(volume->OpenById(file, Access::kRead))->List([](auto) { return true; });
  ASSERT_FALSE(listed);
  EXPECT_EQ(listed.error().kind, ErrorKind::kInvalid);
}

TEST_F(FoldersTest, TakesTheExactNameBeforeAnotherCase) {
  const FileId upper = AddFile(u"NAME", kAny), lower = AddFile(u"name", kAny);
  const auto volume = OpenVolume(true);
  const auto root = Must(volume->OpenRoot(Access::kRead));
  EXPECT_EQ(Must(Must(root->OpenChild(u"NAME", Access::kRead))->Info()).id, upper);
  EXPECT_EQ(Must(Must(root->OpenChild(u"name", Access::kRead))->Info()).id, lower);
}

TEST_F(FoldersTest, IgnoresCaseByTheTableOfTheVolume) {
  const FileId file = AddFile(u"\u00dcber Stra\u00dfe", kAny);
  const auto volume = OpenVolume(true);
  const auto root = Must(volume->OpenRoot(Access::kRead));
  EXPECT_EQ(Must(Must(root->OpenChild(u"\u00fcBER sTRA\u00dfE", Access::kRead))->Info()).id, file);
  EXPECT_EQ(Failure(root->OpenChild(u"\u00fcber strasse", Access::kRead)), ErrorKind::kNotFound);
}

TEST_F(FoldersTest, KnowsNoShortNames) {
  const FileId folder = AddFolder(u".ssh", kAny);
  Must(Builder().AddShortName(folder, Builder().Root(), "SSH~1"));
  const auto volume = OpenVolume(true);
  const auto root = Must(volume->OpenRoot(Access::kRead));
  EXPECT_THAT(Names(*root), ElementsAre(u".ssh"));
  EXPECT_EQ(Failure(root->OpenChild(u"SSH~1", Access::kRead)), ErrorKind::kNotFound);
  EXPECT_TRUE(root->OpenChild(u".SSH", Access::kRead));
  EXPECT_EQ(Must(Must(volume->OpenById(folder, Access::kRead))->Info()).link_count, 1u);
}

TEST_F(FoldersTest, ReadsContentsInTheRecordAndOutsideIt) {
  const std::string small = "Host a", large(100000, 'x');
  const FileId in = AddFile(u"in", kAny), out = AddFile(u"out", kAny), none = AddFile(u"none", kAny);
  const FileId folder = AddFolder(u"folder", kAny);
  Must(Builder().WriteContents(in, small));
  Must(Builder().WriteContents(out, large));
  const auto volume = OpenVolume(true);
  EXPECT_EQ(Must(Must(volume->OpenById(in, Access::kRead))->ReadContent(4096)), small);
  EXPECT_EQ(Must(Must(volume->OpenById(out, Access::kRead))->ReadContent(90000)), large.substr(0, 90000));
  EXPECT_EQ(Must(Must(volume->OpenById(none, Access::kRead))->ReadContent(4096)), "");
  EXPECT_EQ(Failure(Must(volume->OpenById(folder, Access::kRead))->ReadContent(4096)), ErrorKind::kInvalid);
}

TEST_F(FoldersTest, RefusesWhatIsNotOneComponent) {
  AddFile(u"a", kAny);
  for (const std::u16string_view name : {u"", u".", u"..", u"a\\b", u"a/b", u"a:b"}) {
    EXPECT_EQ(KindOfOpening(name), ErrorKind::kInvalid) << ToWtf8(name);
  }
  EXPECT_EQ(KindOfOpening(std::u16string_view(u"a\0", 2)), ErrorKind::kInvalid);
  EXPECT_EQ(KindOfOpening(std::u16string(300, u'a')), ErrorKind::kInvalid);
  EXPECT_EQ(KindOfOpening(u"b"), ErrorKind::kNotFound);
}

TEST_F(FoldersTest, TellsEveryNameOfAFile) {
  const FileId folder = AddFolder(u"folder", kAny), file = AddFile(u"first", kAny);
  Must(Builder().AddHardLink(file, folder, u"second"));
  const FileId root = Builder().Root();
  const auto volume = OpenVolume(true);
  const auto opened = Must(volume->OpenById(file, Access::kRead));
  EXPECT_EQ(Must(opened->Info()).link_count, 2u);
  const auto names = Must(opened->Names());
  ASSERT_EQ(names.size(), 2u);
  EXPECT_THAT((std::vector{names[0].name, names[1].name}), UnorderedElementsAre(u"first", u"second"));
  EXPECT_THAT((std::vector{names[0].parent, names[1].parent}), UnorderedElementsAre(root, folder));
}

// So many names that they move to other records of $MFT.
TEST_F(FoldersTest, TellsNamesThatLieInExtensionRecords) {
  const FileId file = AddFile(u"first", kAny);
  for (int i = 0; i < 60; ++i) {
    const std::string number = std::to_string(i);
    Must(Builder().AddHardLink(file, Builder().Root(), u"link number " + std::u16string(number.begin(), number.end())));
  }
  const auto volume = OpenVolume(true);
  const auto opened = Must(volume->OpenById(file, Access::kRead));
  EXPECT_EQ(Must(opened->Info()).link_count, 61u);
  EXPECT_EQ(Must(opened->Names()).size(), 61u);
}

TEST_F(FoldersTest, ListsReparsePointsAndFollowsNone) {
  const FileId target = AddFolder(u"target", kAny), junction = AddFolder(u"junction", kAny);
  Add(target, u"inside");
  const FileId link = AddFile(u"link", kAny);
  Must(Builder().MakeJunction(junction, u"C:\\target"));
  Must(Builder().MakeSymlink(link, u"C:\\target\\inside"));
  const auto volume = OpenVolume(true);
  const auto root = Must(volume->OpenRoot(Access::kRead));
  for (const ListedName& name : List(*root)) {
    const ObjectInfo info = Must(Must(root->OpenChild(name.name, Access::kRead))->Info());
    EXPECT_EQ(info.id, name.id);
    EXPECT_EQ(info.attributes & (kAttributeReparsePoint | kAttributeDirectory),
              name.attributes & (kAttributeReparsePoint | kAttributeDirectory));
    EXPECT_EQ(info.reparse_tag, name.reparse_tag);
  }
  EXPECT_EQ(Must(Must(volume->OpenById(junction, Access::kRead))->Info()).reparse_tag, 0xA0000003u);
  EXPECT_EQ(Must(Must(volume->OpenById(link, Access::kRead))->Info()).reparse_tag, 0xA000000Cu);
  const auto opened = Must(root->OpenChild(u"junction", Access::kRead));
  EXPECT_THAT(Names(*opened), IsEmpty());
  EXPECT_EQ(Failure(opened->OpenChild(u"inside", Access::kRead)), ErrorKind::kNotFound);
}

TEST_F(FoldersTest, TellsAttributesOfTheHandle) {
  const FileId file = AddFile(u"file", kAny);
  Must(Builder().SetAttributes(file, kAttributeReadOnly | kAttributeOffline));
  const auto volume = OpenVolume(true);
  const ObjectInfo info = Must(Must(volume->OpenById(file, Access::kRead))->Info());
  EXPECT_EQ(info.attributes, kAttributeReadOnly | kAttributeOffline);
}

}  // namespace
}  // namespace acledger::scanner
