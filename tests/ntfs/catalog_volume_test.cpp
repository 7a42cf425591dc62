// SPDX-License-Identifier: MIT
// The view in bulk of a real NTFS volume, beside the volume itself.
#include "scanner/catalog/catalog_volume.h"

#include "scanner/opener.h"
#include "tests/ntfs/edit_records.h"
#include "tests/ntfs/stopping_device.h"
#include "tests/ntfs/test_image.h"
#include "tests/ntfs/told.h"
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

TEST_F(CatalogVolumeTest, TellsOfEveryObjectWhatTheVolumeTells) {
  MakeTree();
  const auto volume = OpenVolume();
  const auto view = Must(volume->ViewInBulk(IndexUse::kAlways, never_));
  ASSERT_TRUE(view);
  const std::uint64_t before = volume->Counters().opens;
  const auto told = TellAll(*view);
  EXPECT_EQ(volume->Counters().opens, before);
  EXPECT_EQ(view->Report().from_volume, 0u);
  EXPECT_FALSE(view->Report().error);
  ExpectSame(told, TellAll(*volume));
}

TEST_F(CatalogVolumeTest, ReadsTheTablesWhenTheyCostNoMoreThanWhatWasOpened) {
  MakeTree();
  const auto volume = OpenVolume();
  const auto view = Must(volume->ViewInBulk(IndexUse::kAuto, never_));
  const auto told = TellAll(*view);
  const auto report = view->Report();
  EXPECT_GT(report.from_volume, 100u);
  EXPECT_LT(report.from_volume, told.size() / 2);
  EXPECT_GT(report.from_tables, told.size() / 2);
  ExpectSame(told, TellAll(*volume));
}

TEST_F(CatalogVolumeTest, AsksTheVolumeForASmallPart) {
  MakeTree();
  const auto volume = OpenVolume();
  const auto view = Must(volume->ViewInBulk(IndexUse::kAuto, never_));
  std::map<std::string, Told> told;
  TellBelow(*Must(OpenPath(*view, {u"work", u"names"}, Access::kRead)), "", told);
  EXPECT_GT(told.size(), 5u);
  EXPECT_EQ(view->Report().from_tables, 0u);
}

TEST_F(CatalogVolumeTest, ReadsNoFurtherOnceItIsToStopAndAnewForWhoAsksAgain) {
  MakeTree();
  const auto volume = OpenVolume();
  const auto device = Must(ntfs::OpenBlockDevice(Path()));
  StopFlag stop{false};
  StoppingDevice stopping(*device, stop);
  CatalogVolume view(*volume, stopping, IndexUse::kAlways, stop);
  const auto is_wanted = [](security::Bytes) { return false; };
  for (const int at : {1, 2, 3, 4, 5}) {
    stopping.reads = 0, stopping.stops_at = at;
    EXPECT_FALSE(view.Find(is_wanted));
    EXPECT_EQ(stopping.reads, at);
    EXPECT_TRUE(view.Report().stopped);
    EXPECT_FALSE(view.Report().error);
    stop = false;
  }
  stopping.stops_at = 0;
  const auto found = view.Find(is_wanted);
  ASSERT_TRUE(found);
  EXPECT_GT(found->total, 1400u);
}

TEST_F(CatalogVolumeTest, SeesWhatWasWrittenBefore) {
  const FileId file = AddFile(u"file", Sddl("O:BAG:BAD:(A;;FA;;;BA)"));
  const auto volume = OpenVolume();
  const auto written = Sddl("O:BAG:BAD:(A;;FA;;;BA)(A;;FR;;;S-1-9-77-1)");
  Must(Must(volume->OpenById(file, Access::kWrite))->WriteDacl(written));
  const auto view = Must(volume->ViewInBulk(IndexUse::kAlways, never_));
  EXPECT_EQ(Read(*Must(view->OpenById(file, Access::kRead))), written);
  EXPECT_EQ(view->Report().from_volume, 0u);
}

TEST_F(CatalogVolumeTest, FindsANameByTheRulesOfTheVolume) {
  const FileId folder = AddFolder(u"Work", Sddl("O:BAG:BAD:(A;OICI;FA;;;BA)"));
  const auto volume = OpenVolume();
  const auto view = Must(volume->ViewInBulk(IndexUse::kAlways, never_));
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
  const auto view = Must(volume->ViewInBulk(IndexUse::kAlways, never_));
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
    CatalogVolume view(watched, *device, IndexUse::kAlways, never_);
    const auto told = TellAll(view);
    for (const auto& [path, one] : told) {
      const bool is_edited = records.contains(one.info.id.low & 0x0000FFFFFFFFFFFF);
      EXPECT_TRUE(!is_edited || watched.Opened().contains(one.info.id)) << path;
    }
    EXPECT_GT(view.Report().from_tables, told.size() / 2);
    ExpectSame(told, TellAll(*volume));
  }
}

TEST_F(CatalogVolumeTest, AsksTheVolumeWhereTheTablesAreThoseOfAnother) {
  MakeTree();
  const std::string other = (Folder() / "other.img").string();
  Must(fixtures::ImageBuilder::Create(other, 64 << 20, 77)).reset();
  const auto volume = OpenVolume();
  const auto device = Must(ntfs::OpenBlockDevice(other));
  CatalogVolume view(*volume, *device, IndexUse::kAlways, never_);
  ExpectSame(TellAll(view), TellAll(*volume));
  ASSERT_TRUE(view.Report().error);
  EXPECT_EQ(view.Report().error->kind, ErrorKind::kMismatch);
  EXPECT_EQ(view.Report().from_tables, 0u);
}

}  // namespace
}  // namespace acledger::scanner
