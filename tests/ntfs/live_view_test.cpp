// SPDX-License-Identifier: MIT
// The view in bulk of a volume that others write meanwhile: its tables are those of an older image, and a change
// journal tells what happened since.
#include <gmock/gmock.h>

#include <map>

#include "scanner/opener.h"
#include "tests/fakes/fake_usn_journal.h"
#include "tests/ntfs/edit_records.h"
#include "tests/ntfs/told.h"
#include "tests/ntfs/watched_volume.h"
#include "tools/fixtures/windows_tree.h"

namespace acledger::scanner {
namespace {

using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::UnorderedElementsAre;

constexpr char kPlain[] = "O:BAG:BAD:(A;;FA;;;BA)";
constexpr FileId kKeptByNtfs{0x0009000000000009, 0};  // $Secure.
constexpr char kOurs[] = "O:BAG:BAD:(A;;FA;;;BA)(A;;FR;;;S-1-9-77-1)";

bool IsOurs(security::Bytes bytes) { return security::DescriptorBytes(bytes.begin(), bytes.end()) == Sddl(kOurs); }

class LiveViewTest : public TestImage {
 protected:
  // \live\a, \live\c, \live\b with the files \live\b\x and y, \live\f, \live\g, among others' objects; all of it on the
  // old image.
  void MakeTree() {
    fixtures::TreeOptions options;
    options.objects = 800;
    options.wide_folder = 100;
    options.levels = 12;
    options.distinct = 30;
    Must(fixtures::WindowsTree(Builder(), options).Make());
    plain_ = Must(Builder().Intern(Sddl(kPlain)));
    ours_ = Must(Builder().Intern(Sddl(kOurs)));
    live_ = Must(Builder().AddFolder(Builder().Root(), u"live", plain_));
    a_ = Must(Builder().AddFolder(live_, u"a", plain_));
    b_ = Must(Builder().AddFolder(live_, u"b", plain_));
    c_ = Must(Builder().AddFolder(live_, u"c", plain_));
    x_ = Must(Builder().AddFile(b_, u"x", plain_));
    y_ = Must(Builder().AddFile(b_, u"y", plain_));
    f_ = Must(Builder().AddFile(live_, u"f", plain_));
    g_ = Must(Builder().AddFile(live_, u"g", plain_));
  }
  void KeepOld() {
    Finish();
    old_ = (Folder() / "old.img").string();
    std::filesystem::copy_file(Path(), old_);
  }
  // To be told by the journal while the tables are read.
  void Happens(const FileId& file, const FileId& parent, std::uint32_t reason) {
    happened_.push_back({file, parent, 0, reason, 0, {}});
  }
  // What can happen to a volume.
  void ChangeAll() {
    Must(Builder().SetDescriptor(f_, ours_));
    Happens(f_, live_, kUsnSecurityChange);
    const FileId made = Must(Builder().AddFolder(a_, u"made", plain_));
    Happens(made, a_, kUsnFileCreate);
    Happens(Must(Builder().AddFile(made, u"inner", ours_)), made, kUsnFileCreate);
    Must(Builder().Move(b_, live_, u"b", a_, u"moved"));
    Happens(b_, live_, kUsnRenameOldName);
    Happens(b_, a_, kUsnRenameNewName);
    Must(Builder().Remove(g_, live_, u"g"));
    Happens(g_, live_, kUsnFileDelete | kUsnClose);
    Happens(Must(Builder().AddFile(live_, u"g", plain_)), live_, kUsnFileCreate);
    Must(Builder().AddHardLink(x_, live_, u"link"));
    Happens(x_, live_, kUsnHardLinkChange);
    Happens(Must(Builder().AddFile(c_, u"new", plain_)), c_, kUsnFileCreate);
    Must(Builder().SetAttributes(a_, kAttributeReadOnly));
    Happens(a_, live_, kUsnBasicInfoChange);
  }
  void Open() {
    view_.reset(), watched_.reset(), volume_.reset();  // A volume is locked.
    volume_ = OpenVolume();
    device_ = Must(ntfs::OpenBlockDevice(old_));
    watched_ = std::make_unique<WatchedVolume>(*volume_, device_.get(), &journal_);
    watched_->before_read = [this] {
      for (const UsnRecord& one : std::exchange(happened_, {})) journal_.Note(one.file, one.parent, one.reason);
    };
    view_ = watched_->ViewLive(IndexUse::kAlways, never_);
  }
  security::DescriptorBytes Descriptor(const FileId& id) { return Read(*Must(view_->OpenById(id, Access::kRead))); }
  void Write(const FileId& id, const char* sddl) {
    Must(Must(volume_->OpenById(id, Access::kWrite))->WriteDacl(Sddl(sddl)));
  }

  std::uint32_t plain_ = 0, ours_ = 0;
  FileId live_, a_, b_, c_, x_, y_, f_, g_;
  std::string old_;
  std::vector<UsnRecord> happened_;
  fakes::FakeUsnJournal journal_;
  std::unique_ptr<Volume> volume_;
  std::unique_ptr<ntfs::BlockDevice> device_;
  std::unique_ptr<WatchedVolume> watched_;
  std::unique_ptr<CatalogVolume> view_;
};

TEST_F(LiveViewTest, TellsWhatTheVolumeTellsWhereTheTablesAreOlder) {
  MakeTree();
  KeepOld();
  ChangeAll();
  Open();
  const auto told = TellAll(*view_);
  EXPECT_FALSE(view_->Report().error);
  EXPECT_GT(view_->Report().from_tables, told.size() / 2);
  ExpectSame(told, TellAll(*volume_));
}

// So that the test above shows something.
TEST_F(LiveViewTest, WouldTellOfThePastWithoutItsJournal) {
  MakeTree();
  KeepOld();
  ChangeAll();
  Open();
  happened_.clear();
  EXPECT_EQ(Descriptor(f_), Sddl(kPlain));
  EXPECT_NE(TellAll(*view_).size(), TellAll(*volume_).size());
}

TEST_F(LiveViewTest, AsksTheVolumeForWhatSomebodyHeldOpenAtTheBeginning) {
  MakeTree();
  KeepOld();
  Open();
  Write(f_, kOurs);
  Write(g_, kOurs);
  journal_.Note(f_, live_, kUsnSecurityChange);
  journal_.Note(g_, live_, kUsnSecurityChange | kUsnClose);
  EXPECT_EQ(Descriptor(f_), Sddl(kOurs));
  EXPECT_EQ(Descriptor(g_), Sddl(kPlain));  // That change was flushed before the tables were read, had they been.
}

TEST_F(LiveViewTest, IsNotUsedWhereTheJournalLies) {
  MakeTree();
  KeepOld();
  ChangeAll();
  const auto at_reading = [this](std::function<void()> lie) {
    const auto happen = watched_->before_read;
    watched_->before_read = [happen, lie = std::move(lie)] { happen(), lie(); };
  };
  const Error broken{ErrorKind::kIo, "read the change journal", {}, 5, "broken"};
  const std::vector<std::function<void()>> lies = {
      [&] { journal_.fails_query = Error{ErrorKind::kUnsupported, "ask for the change journal", {}, 1179, "none"}; },
      [&] { at_reading([&] { journal_.state.id = 7; }); },
      [&] { at_reading([&] { journal_.state.first = journal_.state.next; }); },
      [&] { at_reading([&] { journal_.state.next = 3; }); },
      [&] { at_reading([&] { journal_.fails_query = broken; }); },
      [&] { at_reading([&] { journal_.stands_still = true; }); },
      [&] { at_reading([&] { journal_.version = 9; }); },
      [&] { journal_.reads_that_work = 2, journal_.fails_read = broken; },
  };
  const std::vector<UsnRecord> happened = happened_;
  for (const auto& lie : lies) {
    SCOPED_TRACE(&lie - lies.data());
    journal_ = fakes::FakeUsnJournal();
    happened_ = happened;
    Open();
    lie();
    const auto told = TellAll(*view_);
    ASSERT_TRUE(view_->Report().error);
    EXPECT_EQ(view_->Report().from_tables, 0u);
    EXPECT_FALSE(view_->Find(IsOurs));
    EXPECT_FALSE(view_->Changed());
    ExpectSame(told, TellAll(*volume_));
  }
}

TEST_F(LiveViewTest, LooksAtTheJournalAgainWhileItIsUsed) {
  MakeTree();
  KeepOld();
  Open();
  EXPECT_EQ(Descriptor(f_), Sddl(kPlain));
  Write(f_, kOurs);
  journal_.Note(f_, live_, kUsnSecurityChange | kUsnClose);
  for (std::uint64_t i = 0; i < CatalogVolume::kAnswersALook; ++i) Must(view_->OpenById(g_, Access::kRead));
  EXPECT_EQ(Descriptor(f_), Sddl(kOurs));
  EXPECT_EQ(view_->Report().from_volume, 1u);
}

TEST_F(LiveViewTest, IsNotUsedAnyMoreFromTheMomentWhenTheJournalFails) {
  MakeTree();
  KeepOld();
  Open();
  const auto before = Must(view_->OpenById(f_, Access::kRead));
  journal_.state.id = 9;
  for (std::uint64_t i = 0; i < CatalogVolume::kAnswersALook; ++i) Must(view_->OpenById(g_, Access::kRead));
  ASSERT_TRUE(view_->Report().error);
  EXPECT_EQ(view_->Report().error->kind, ErrorKind::kMismatch);
  const std::uint64_t from_tables = view_->Report().from_tables;
  Write(f_, kOurs);
  EXPECT_EQ(Descriptor(f_), Sddl(kOurs));
  EXPECT_EQ(view_->Report().from_tables, from_tables);
  EXPECT_EQ(Read(*before), Sddl(kPlain));  // As of its opening.
}

TEST_F(LiveViewTest, TellsWhatChangedOnce) {
  MakeTree();
  KeepOld();
  Open();
  Happens(f_, live_, kUsnSecurityChange);
  Happens(kKeptByNtfs, live_, kUsnSecurityChange);
  ASSERT_TRUE(view_->Find(IsOurs));
  EXPECT_THAT(Must(view_->Changed()), UnorderedElementsAre(f_));
  EXPECT_THAT(Must(view_->Changed()), IsEmpty());
  journal_.Note(x_, b_, kUsnFileDelete | kUsnClose);
  EXPECT_THAT(Must(view_->Changed()), UnorderedElementsAre(x_));
}

TEST_F(LiveViewTest, FindsWithoutAPlaceWhatChangedOrLiesBelowAFolderThatDid) {
  MakeTree();
  for (const FileId& id : {x_, y_, g_}) Must(Builder().SetDescriptor(id, ours_));
  KeepOld();
  ChangeAll();
  Open();
  const auto found = view_->Find(IsOurs);
  ASSERT_TRUE(found);
  std::map<FileId, bool> wanted;
  for (const auto& one : found->unplaced) wanted[one.id] = IsOurs(one.descriptor);
  const std::map<FileId, bool> expected{{f_, false}, {x_, true}, {y_, true}, {g_, true}, {a_, false}, {b_, false}};
  EXPECT_EQ(wanted, expected);
  EXPECT_THAT(found->names, IsEmpty());
  EXPECT_THAT(Must(view_->Changed()), IsSupersetOf({f_, x_, g_, a_, b_}));  // And what is new.
}

TEST_F(LiveViewTest, FindsInItsPlaceWhatDidNotChange) {
  MakeTree();
  Must(Builder().SetDescriptor(x_, ours_));
  KeepOld();
  Open();
  Happens(f_, live_, kUsnSecurityChange);
  const auto found = view_->Find(IsOurs);
  ASSERT_TRUE(found);
  ASSERT_EQ(found->names.size(), 1u);
  EXPECT_EQ(found->names.front().id, x_);
  EXPECT_EQ(found->folders[found->names.front().folder].id, b_);
  EXPECT_TRUE(IsOurs(found->names.front().descriptor));
  ASSERT_EQ(found->unplaced.size(), 1u);
  EXPECT_EQ(found->unplaced.front().id, f_);
  EXPECT_TRUE(found->unplaced.front().descriptor.empty());
}

// It had a number that was passed already when it was made; what was made in it had not.
TEST_F(LiveViewTest, MissesNothingWhereANewFolderWasNotReadButItsFilesWere) {
  MakeTree();
  KeepOld();
  EditRecords(old_, 1, [this](std::span<char> record) {
    std::uint32_t number = 0;
    std::memcpy(&number, &record[0x2C], sizeof(number));
    if (number == (b_.low & 0xFFFFFFFF)) record[0x16] = static_cast<char>(record[0x16] & ~1);  // Not in use.
  });
  Open();
  EXPECT_FALSE(view_->Find(IsOurs));  // Nobody says that it is new: a record may be damaged.
  EXPECT_TRUE(view_->Report().error);
  Open();
  Happens(b_, live_, kUsnFileCreate);
  Happens(x_, b_, kUsnFileCreate);
  Happens(y_, b_, kUsnFileCreate);
  ASSERT_TRUE(view_->Find(IsOurs));
  EXPECT_THAT(Must(view_->Changed()), UnorderedElementsAre(b_, x_, y_));
  const auto told = TellAll(*view_);
  ExpectSame(told, TellAll(*volume_));
  EXPECT_GT(view_->Report().from_tables, told.size() / 2);
}

}  // namespace
}  // namespace acledger::scanner
