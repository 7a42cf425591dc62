// SPDX-License-Identifier: MIT
// The view in bulk of a real NTFS volume, beside the volume itself.
#include "scanner/catalog/catalog_volume.h"

#include <map>
#include <set>

#include "scanner/opener.h"
#include "security/wtf8.h"
#include "tests/ntfs/edit_records.h"
#include "tests/ntfs/test_image.h"
#include "tests/ntfs/watched_volume.h"
#include "tools/fixtures/windows_tree.h"

namespace acledger::scanner {
namespace {

class CatalogVolumeTest : public TestImage {
 protected:
  void MakeTree() {
    fixtures::TreeOptions options;
    options.objects = 1500;
    options.wide_folder = 200;
    options.levels = 12;
    options.distinct = 30;
    Must(fixtures::WindowsTree(Builder(), options).Make());
    Finish();
  }
};

struct Told {
  ObjectInfo info;
  security::DescriptorBytes descriptor;
  std::set<std::pair<FileId, std::u16string>> names;
};

// Every name below a folder, never through a reparse point.
void Walk(Object& folder, const std::string& path, std::map<std::string, Told>& told) {
  std::vector<ListedName> listed;
  Must(folder.List([&](std::span<const ListedName> run) {
    listed.insert(listed.end(), run.begin(), run.end());
    return true;
  }));
  for (const ListedName& name : listed) {
    const auto object = Must(folder.OpenChild(name.name, Access::kRead));
    Told one{Must(object->Info()), Read(*object), {}};
    EXPECT_EQ(one.info.id, name.id);
    for (const LinkName& link : Must(object->Names())) one.names.emplace(link.parent, link.name);
    const std::string below = path + "\\" + ToWtf8(name.name);
    if (one.info.IsFolder() && !one.info.IsReparsePoint()) Walk(*object, below, told);
    EXPECT_TRUE(told.emplace(below, std::move(one)).second) << below;
  }
}

std::map<std::string, Told> WalkAll(Volume& volume) {
  std::map<std::string, Told> told;
  Walk(*Must(volume.OpenRoot(Access::kRead)), "", told);
  return told;
}

void ExpectSame(const std::map<std::string, Told>& left, const std::map<std::string, Told>& right) {
  ASSERT_EQ(left.size(), right.size());
  for (const auto& [path, one] : left) {
    SCOPED_TRACE(path);
    ASSERT_TRUE(right.contains(path));
    const Told& other = right.at(path);
    EXPECT_EQ(one.info.id, other.info.id);
    EXPECT_EQ(one.info.attributes, other.info.attributes);
    EXPECT_EQ(one.info.reparse_tag, other.info.reparse_tag);
    EXPECT_EQ(one.info.link_count, other.info.link_count);
    EXPECT_EQ(one.descriptor, other.descriptor);
    EXPECT_EQ(one.names, other.names);
  }
}

TEST_F(CatalogVolumeTest, TellsOfEveryObjectWhatTheVolumeTells) {
  MakeTree();
  const auto volume = OpenVolume();
  const auto view = volume->ViewInBulk(IndexUse::kAlways);
  ASSERT_TRUE(view);
  const std::uint64_t before = volume->Counters().opens;
  const auto told = WalkAll(*view);
  EXPECT_EQ(volume->Counters().opens, before);
  EXPECT_EQ(view->Report().from_volume, 0u);
  EXPECT_FALSE(view->Report().error);
  ExpectSame(told, WalkAll(*volume));
}

TEST_F(CatalogVolumeTest, ReadsTheTablesWhenTheyCostNoMoreThanWhatWasOpened) {
  MakeTree();
  const auto volume = OpenVolume();
  const auto view = volume->ViewInBulk(IndexUse::kAuto);
  const auto told = WalkAll(*view);
  const auto report = view->Report();
  EXPECT_GT(report.from_volume, 100u);
  EXPECT_LT(report.from_volume, told.size() / 2);
  EXPECT_GT(report.from_tables, told.size() / 2);
  ExpectSame(told, WalkAll(*volume));
}

TEST_F(CatalogVolumeTest, AsksTheVolumeForASmallPart) {
  MakeTree();
  const auto volume = OpenVolume();
  const auto view = volume->ViewInBulk(IndexUse::kAuto);
  std::map<std::string, Told> told;
  Walk(*Must(OpenPath(*view, {u"work", u"names"}, Access::kRead)), "", told);
  EXPECT_GT(told.size(), 5u);
  EXPECT_EQ(view->Report().from_tables, 0u);
}

TEST_F(CatalogVolumeTest, SeesWhatWasWrittenBefore) {
  const FileId file = AddFile(u"file", Sddl("O:BAG:BAD:(A;;FA;;;BA)"));
  const auto volume = OpenVolume();
  const auto written = Sddl("O:BAG:BAD:(A;;FA;;;BA)(A;;FR;;;S-1-9-77-1)");
  Must(Must(volume->OpenById(file, Access::kWrite))->WriteDacl(written));
  const auto view = volume->ViewInBulk(IndexUse::kAlways);
  EXPECT_EQ(Read(*Must(view->OpenById(file, Access::kRead))), written);
  EXPECT_EQ(view->Report().from_volume, 0u);
}

TEST_F(CatalogVolumeTest, FindsANameByTheRulesOfTheVolume) {
  const FileId folder = AddFolder(u"Work", Sddl("O:BAG:BAD:(A;OICI;FA;;;BA)"));
  const auto volume = OpenVolume();
  const auto view = volume->ViewInBulk(IndexUse::kAlways);
  const auto root = Must(view->OpenRoot(Access::kRead));
  EXPECT_EQ(Must(Must(root->OpenChild(u"Work", Access::kRead))->Info()).id, folder);
  EXPECT_EQ(view->Report().from_volume, 0u);
  EXPECT_EQ(Must(Must(root->OpenChild(u"wORK", Access::kRead))->Info()).id, folder);
  EXPECT_GT(view->Report().from_volume, 0u);
  EXPECT_EQ(Failure(root->OpenChild(u"nothing", Access::kRead)), ErrorKind::kNotFound);
  EXPECT_EQ(Failure(root->OpenChild(u"Work\\x", Access::kRead)), ErrorKind::kInvalid);
  EXPECT_EQ(Failure(root->OpenChild(u"$MFT", Access::kRead)), ErrorKind::kUnsupported);
}

TEST_F(CatalogVolumeTest, RefusesToWrite) {
  const FileId file = AddFile(u"file", Sddl("O:BAG:BAD:(A;;FA;;;BA)"));
  const auto volume = OpenVolume();
  const auto view = volume->ViewInBulk(IndexUse::kAlways);
  const auto object = Must(view->OpenById(file, Access::kRead));
  EXPECT_TRUE(view->Info().read_only);
  EXPECT_EQ(Failure(object->WriteDacl(Read(*object))), ErrorKind::kReadOnly);
  EXPECT_EQ(Failure(view->OpenById(file, Access::kWrite)), ErrorKind::kReadOnly);
  EXPECT_EQ(Failure(Must(view->OpenRoot(Access::kRead))->OpenChild(u"file", Access::kWrite)), ErrorKind::kReadOnly);
  EXPECT_EQ(Failure(view->Flush()), ErrorKind::kReadOnly);
  EXPECT_EQ(Failure(view->PrepareDescriptors({})), ErrorKind::kReadOnly);
  EXPECT_EQ(volume->Counters().descriptor_writes, 0u);
}

TEST_F(CatalogVolumeTest, AsksTheVolumeWhereNamesOrDescriptorsAreNotSure) {
  MakeTree();
  const auto count_one_more_link = [](std::span<char> record) { ++record[0x12]; };
  const auto name_no_descriptor = [](std::span<char> record) {
    const std::size_t information = static_cast<unsigned char>(record[0x14]);
    ASSERT_EQ(record[information], 0x10);
    record[information + static_cast<unsigned char>(record[information + 20]) + 54] = 0x7F;  // The id's third byte.
  };
  const auto lose = [](std::span<char> record) { std::ranges::fill(record, '\0'); };  // As if it were never written.
  using Edit = std::function<void(std::span<char>)>;
  for (const Edit& edit : {Edit(count_one_more_link), Edit(name_no_descriptor), Edit(lose)}) {
    const std::string edited = (Folder() / "edited.img").string();
    std::filesystem::copy_file(Path(), edited, std::filesystem::copy_options::overwrite_existing);
    const std::set<std::uint64_t> records = EditRecords(edited, 7, edit);
    ASSERT_GT(records.size(), 100u);
    const auto volume = OpenVolume();
    const auto device = Must(ntfs::OpenBlockDevice(edited));
    WatchedVolume watched(*volume, nullptr);
    CatalogVolume view(watched, *device, IndexUse::kAlways);
    const auto told = WalkAll(view);
    for (const auto& [path, one] : told) {
      const bool is_edited = records.contains(one.info.id.low & 0x0000FFFFFFFFFFFF);
      EXPECT_TRUE(!is_edited || watched.Opened().contains(one.info.id)) << path;
    }
    EXPECT_GT(view.Report().from_tables, told.size() / 2);
    ExpectSame(told, WalkAll(*volume));
  }
}

TEST_F(CatalogVolumeTest, AsksTheVolumeWhereTheTablesAreThoseOfAnother) {
  MakeTree();
  const std::string other = (Folder() / "other.img").string();
  Must(fixtures::ImageBuilder::Create(other, 64 << 20, 77)).reset();
  const auto volume = OpenVolume();
  const auto device = Must(ntfs::OpenBlockDevice(other));
  CatalogVolume view(*volume, *device, IndexUse::kAlways);
  ExpectSame(WalkAll(view), WalkAll(*volume));
  ASSERT_TRUE(view.Report().error);
  EXPECT_EQ(view.Report().error->kind, ErrorKind::kMismatch);
  EXPECT_EQ(view.Report().from_tables, 0u);
}

}  // namespace
}  // namespace acledger::scanner
