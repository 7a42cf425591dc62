// SPDX-License-Identifier: MIT
#include "tests/fakes/fake_volume.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "security/sddl.h"

namespace acledger::fakes {
namespace {

using scanner::Access;
using scanner::ListedName;
using security::DescriptorBytes;
using testing::ElementsAre;

constexpr const char* kPrivate = "O:BAG:BAD:P(A;OICI;FA;;;BA)";
constexpr const char* kOpen = "O:BAG:BAD:P(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;WD)";

DescriptorBytes FromSddl(const char* text) { return security::FromSddl(text).value(); }

std::unique_ptr<scanner::Object> OpenPath(FakeVolume& volume, std::u16string_view path, Access access = Access::kRead) {
  std::unique_ptr<scanner::Object> at = volume.OpenRoot(path.empty() ? access : Access::kRead).value();
  std::vector<std::u16string> components = SplitPath(path);
  for (std::size_t i = 0; i < components.size(); ++i) {
    at = at->OpenChild(components[i], i + 1 == components.size() ? access : Access::kRead).value();
  }
  return at;
}

std::vector<std::u16string> NamesIn(scanner::Object& folder) {
  std::vector<std::u16string> names;
  EXPECT_TRUE(folder.List([&](std::span<const ListedName> run) {
    for (const ListedName& name : run) names.push_back(name.name);
    return true;
  }));
  return names;
}

TEST(FakeVolume, ListsWhatWasBuiltInRunsAndInOrder) {
  FakeVolume volume({.names_a_run = 2});
  for (const char16_t* path : {u"Users/c", u"Users/B", u"Users/a"}) volume.File(path, kPrivate);
  std::vector<std::size_t> runs;
  auto users = OpenPath(volume, u"users");
  ASSERT_TRUE(users->List([&](std::span<const ListedName> run) { return runs.push_back(run.size()), true; }));
  EXPECT_THAT(runs, ElementsAre(2, 1));
  EXPECT_THAT(NamesIn(*users), ElementsAre(u"a", u"B", u"c"));
}

TEST(FakeVolume, StopsListingWhenToldTo) {
  FakeVolume volume({.names_a_run = 1});
  volume.File(u"a", kPrivate);
  volume.File(u"b", kPrivate);
  int runs = 0;
  ASSERT_TRUE(OpenPath(volume, u"")->List([&](auto) { return ++runs, false; }));
  EXPECT_EQ(runs, 1);
}

TEST(FakeVolume, PrefersTheExactNameAndThenIgnoresCase) {
  FakeVolume volume;
  FileId lower = volume.File(u"readme", kPrivate);
  FileId upper = volume.File(u"README", kPrivate);
  EXPECT_EQ(OpenPath(volume, u"readme")->Info()->id, lower);
  EXPECT_EQ(OpenPath(volume, u"README")->Info()->id, upper);
  EXPECT_EQ(OpenPath(volume, u"ReadMe")->Info()->id, upper);  // The first in NTFS's order.
}

TEST(FakeVolume, RefusesWhatIsNotOneComponent) {
  FakeVolume volume;
  auto root = OpenPath(volume, u"");
  for (std::u16string_view name : {u"", u".", u"..", u"a\\b", u"a/b", u"a:b"}) {
    EXPECT_EQ(root->OpenChild(name, Access::kRead).error().kind, ErrorKind::kInvalid);
  }
  EXPECT_EQ(root->OpenChild(u"absent", Access::kRead).error().kind, ErrorKind::kNotFound);
}

TEST(FakeVolume, GivesAReusedRecordAnotherSequenceNumber) {
  FakeVolume volume;
  FileId old_id = volume.File(u"old", kPrivate);
  volume.Delete(u"old");
  FileId new_id = volume.File(u"new", kPrivate);
  EXPECT_EQ(old_id.low & 0xFFFFFFFFFFFF, new_id.low & 0xFFFFFFFFFFFF);
  EXPECT_NE(old_id, new_id);
  EXPECT_EQ(volume.OpenById(old_id, Access::kRead).error().kind, ErrorKind::kNotFound);
  EXPECT_TRUE(volume.OpenById(new_id, Access::kRead));
}

TEST(FakeVolume, KeepsIdAndDescriptorOfWhatMoves) {
  FakeVolume volume;
  FileId id = volume.File(u"a/file", kOpen);
  volume.Folder(u"b", kPrivate);
  volume.Move(u"a", u"b/A");
  EXPECT_FALSE(volume.Exists(u"a"));
  EXPECT_EQ(volume.Id(u"b/a/file"), id);
  EXPECT_EQ(volume.Descriptor(u"b/a/file"), FromSddl(kOpen));
}

TEST(FakeVolume, ServesAllNamesOfAHardLinkWithOneObject) {
  FakeVolume volume;
  FileId id = volume.File(u"a/one", kPrivate);
  volume.HardLink(u"a/one", u"b/two");
  auto object = OpenPath(volume, u"b/two");
  EXPECT_EQ(object->Info()->id, id);
  EXPECT_EQ(object->Info()->link_count, 2u);
  ASSERT_EQ(object->Names()->size(), 2u);
  EXPECT_EQ(object->Names()->at(1).name, u"two");
  EXPECT_EQ(object->Names()->at(1).parent, volume.Id(u"b"));
  volume.Delete(u"a/one");
  EXPECT_EQ(volume.Id(u"b/two"), id);
  EXPECT_EQ(OpenPath(volume, u"b/two")->Info()->link_count, 1u);
}

TEST(FakeVolume, OpensAReparsePointItself) {
  FakeVolume volume;
  volume.ReparsePoint(u"link", 0xA0000003, true, kPrivate);
  volume.AddAttributes(u"link", scanner::kAttributeRecallOnOpen);
  scanner::ObjectInfo info = OpenPath(volume, u"link")->Info().value();
  EXPECT_TRUE(info.IsReparsePoint());
  EXPECT_TRUE(info.IsFolder());
  EXPECT_EQ(info.reparse_tag, 0xA0000003);
  EXPECT_NE(info.attributes & scanner::kAttributeRecallOnOpen, 0u);
}

TEST(FakeVolume, SharesEqualDescriptorsAndFindsTheirIdAgain) {
  FakeVolume volume;
  volume.File(u"a", kPrivate);
  volume.File(u"b", kPrivate);
  std::size_t before = volume.DistinctDescriptors();
  std::uint32_t id = volume.SecurityId(u"a");
  EXPECT_EQ(volume.SecurityId(u"b"), id);
  auto a = OpenPath(volume, u"a", Access::kWrite);
  ASSERT_TRUE(a->WriteDacl(FromSddl(kOpen)));
  EXPECT_NE(volume.SecurityId(u"a"), id);
  ASSERT_TRUE(a->WriteDacl(FromSddl(kPrivate)));
  EXPECT_EQ(volume.SecurityId(u"a"), id);
  EXPECT_EQ(volume.DistinctDescriptors(), before + 1);
  EXPECT_EQ(volume.EffectiveWrites(), 2u);
}

TEST(FakeVolume, WritesTheDaclAndItsBitsAndNothingElse) {
  FakeVolume volume;
  volume.File(u"a", "O:SYG:SYD:AI(A;ID;FA;;;BA)S:(ML;;NW;;;ME)");
  auto a = OpenPath(volume, u"a", Access::kWrite);
  ASSERT_TRUE(a->WriteDacl(FromSddl("O:BAG:BAD:PAR(A;;FR;;;WD)")));
  EXPECT_EQ(volume.Descriptor(u"a"), FromSddl("O:SYG:SYD:P(A;;FR;;;WD)S:(ML;;NW;;;ME)"));
}

TEST(FakeVolume, RefusesToWriteThroughAHandleForReading) {
  FakeVolume volume;
  volume.File(u"a", kPrivate);
  EXPECT_EQ(OpenPath(volume, u"a")->WriteDacl(FromSddl(kOpen)).error().kind, ErrorKind::kDenied);
  EXPECT_EQ(volume.Counters().descriptor_writes, 1u);
  EXPECT_EQ(volume.EffectiveWrites(), 0u);
}

TEST(FakeVolume, RefusesToOpenForWritingWhenReadOnly) {
  FakeVolume volume({.read_only = true});
  EXPECT_EQ(volume.OpenRoot(Access::kWrite).error().kind, ErrorKind::kReadOnly);
}

TEST(FakeVolume, GivesANewObjectWhatItsParentPassesOn) {
  FakeVolume volume;
  volume.Folder(u"shared", kOpen);
  volume.File(u"shared/file");
  EXPECT_EQ(volume.Sddl(u"shared/file"), "O:BAG:BAD:AI(A;ID;FA;;;BA)(A;ID;0x1200a9;;;WD)");
}

TEST(FakeVolume, RepropagatesDownToProtectedFolders) {
  FakeVolume volume;
  volume.Folder(u"top", kPrivate);
  volume.File(u"top/sub/file");
  volume.File(u"top/closed/file", kPrivate);
  volume.SetDescriptor(u"top/closed", kPrivate);
  volume.SetDescriptor(u"top", kOpen);
  volume.Repropagate(u"top");
  EXPECT_THAT(volume.Sddl(u"top/sub/file"), testing::HasSubstr("(A;ID;0x1200a9;;;WD)"));
  EXPECT_EQ(volume.Descriptor(u"top/closed"), FromSddl(kPrivate));
  EXPECT_EQ(volume.Descriptor(u"top/closed/file"), FromSddl(kPrivate));
}

TEST(FakeVolume, CountsCallsAndHandlesAndCallsInFlight) {
  FakeVolume volume({.max_readers = 2});
  volume.File(u"a", kPrivate);
  std::atomic<int> waiting = 0;
  // Each call waits until both threads are inside one.
  volume.SetHook([&](Call call, const std::u16string&) {
    if (call != Call::kReadDescriptor) return;
    ++waiting;
    while (waiting < 2) std::this_thread::yield();
  });
  auto read = [&] {
    DescriptorBytes bytes;
    EXPECT_TRUE(OpenPath(volume, u"a")->ReadDescriptor(bytes));
  };
  std::thread first(read), second(read);
  first.join();
  second.join();
  EXPECT_EQ(volume.MostCallsInFlight(), 2u);
  EXPECT_EQ(volume.OpenHandles(), 0u);
  EXPECT_EQ(volume.Counters().opens, 4u);
  EXPECT_EQ(volume.Counters().descriptor_reads, 2u);
}

TEST(FakeVolume, TellsThePathAndSecurityIdOfEveryName) {
  FakeVolume volume;
  for (const char16_t* path : {u"a/b/c/d", u"a/e/f", u"g/h"}) volume.File(path, kPrivate);
  volume.HardLink(u"g/h", u"a/z");
  EXPECT_THAT(volume.Paths(), ElementsAre("\\", "\\a", "\\a\\b", "\\a\\b\\c", "\\a\\b\\c\\d", "\\a\\e", "\\a\\e\\f",
                                          "\\a\\z", "\\g", "\\g\\h"));
  EXPECT_EQ(volume.SecurityIds().size(), 10u);
  EXPECT_EQ(volume.SecurityIds().at("\\a\\z"), volume.SecurityId(u"g/h"));
}

TEST(FakeVolume, TakesAMistakeOfTheTestAsABug) {
  FakeVolume volume;
  volume.File(u"a", kPrivate);
  EXPECT_THROW(volume.File(u"a", kPrivate), std::logic_error);
  EXPECT_THROW(volume.File(u"a/b", kPrivate), std::logic_error);
  EXPECT_THROW(volume.Id(u"absent"), std::logic_error);
  EXPECT_THROW(volume.File(u"b", "D:(nonsense"), std::logic_error);
}

}  // namespace
}  // namespace acledger::fakes
