// SPDX-License-Identifier: MIT
#include "scanner/win32/change_watch.h"

#include <gmock/gmock.h>

#include <condition_variable>
#include <mutex>
#include <set>

#include "scanner/win32/usn_journal.h"
#include "tests/win32/scratch_folder.h"

namespace acledger::scanner {
namespace {

using fixtures::ScratchFolder;

class ChangeWatchTest : public testing::Test {
 protected:
  ChangeWatchTest() {
    folder_.MakeFolder(u"root");
    folder_.MakeFolder(u"root\\sub");
    auto watch = MakeWin32ChangeWatch({folder_.Drive(), ':'});
    if (!watch) throw std::runtime_error(watch.error().ToString());
    watch_ = std::move(*watch);
    watch_->SetReceiver([this](const PathComponents&, const Changes& changes) {
      const std::lock_guard lock(mutex_);
      told_.insert(changes.folders.begin(), changes.folders.end());
      lost_ |= changes.root_lost;
      changed_.notify_all();
    });
  }
  bool IsTold(std::u16string_view path) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return told_.contains(folder_.Components(path)); });
  }

  bool IsLost() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return lost_; });
  }

  void Forget() {
    const std::lock_guard lock(mutex_);
    told_.clear();
    lost_ = false;
  }

  ScratchFolder folder_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<PathComponents> told_;
  bool lost_ = false;
  std::unique_ptr<ChangeWatch> watch_;
};

TEST_F(ChangeWatchTest, TellsTheFolderInWhichANameIsNew) {
  ASSERT_TRUE(watch_->Watch(folder_.Components(u"root")));
  folder_.MakeFile(u"root\\sub\\new");
  EXPECT_TRUE(IsTold(u"root\\sub"));
}

TEST_F(ChangeWatchTest, TellsAChangeOfADescriptor) {
  folder_.MakeFile(u"root\\sub\\f");
  ASSERT_TRUE(watch_->Watch(folder_.Components(u"root")));
  folder_.Store(u"root\\sub\\f", fixtures::Sddl("O:BAG:BAD:(A;;FA;;;BA)"));
  EXPECT_TRUE(IsTold(u"root\\sub"));
}

TEST_F(ChangeWatchTest, TellsAChangeOfTheRootItself) {
  ASSERT_TRUE(watch_->Watch(folder_.Components(u"root")));
  folder_.Store(u"root", fixtures::Sddl("O:BAG:BAD:(A;OICI;FA;;;BA)"));
  EXPECT_TRUE(IsTold(u""));
}

TEST_F(ChangeWatchTest, SaysWhatItCannotWatch) {
  const auto watched = watch_->Watch(folder_.Components(u"nothing here"));
  ASSERT_FALSE(watched);
  EXPECT_EQ(watched.error().kind, ErrorKind::kNotFound);
}

// NTFS lets nobody rename a folder with open handles below it; Wine does, and then it has to be noticed.
TEST_F(ChangeWatchTest, TellsThatAnotherFolderTookTheRootsPlace) {
  const auto make = [this](const std::u16string& above) {
    folder_.MakeFolder(above);
    folder_.MakeFolder(above + u"\\root");
  };
  for (const bool above_is_moved : {false, true}) {
    const std::u16string above = above_is_moved ? u"one" : u"two", root = above + u"\\root";
    make(above);
    folder_.MakeFolder(root + u"\\sub");
    ASSERT_TRUE(watch_->Watch(folder_.Components(root)));
    folder_.Move(above_is_moved ? above : root, above + u"-old");
    EXPECT_TRUE(IsLost());
    if (above_is_moved)
      make(above);
    else
      folder_.MakeFolder(root);
    ASSERT_TRUE(watch_->Watch(folder_.Components(root)));
    Forget();
    // What happens in the one that was moved is nobody's business any more.
    folder_.MakeFile(above + (above_is_moved ? u"-old\\root\\sub\\new" : u"-old\\sub\\new"));
    folder_.MakeFile(root + u"\\new");
    EXPECT_TRUE(IsTold(root));
    EXPECT_FALSE(told_.contains(folder_.Components(root + u"\\sub")));
    watch_->Unwatch(folder_.Components(root));
  }
}

TEST_F(ChangeWatchTest, TellsWhenARootThatIsNotThereComes) {
  EXPECT_FALSE(watch_->Watch(folder_.Components(u"later\\root")));
  folder_.MakeFolder(u"later");
  EXPECT_TRUE(IsTold(u""));
  EXPECT_FALSE(watch_->Watch(folder_.Components(u"later\\root")));
  folder_.MakeFolder(u"later\\root");
  EXPECT_TRUE(IsTold(u"later"));
  EXPECT_TRUE(watch_->Watch(folder_.Components(u"later\\root")));
}

TEST_F(ChangeWatchTest, EndsWhileItWatches) {
  for (const char16_t* root : {u"root", u"root\\sub"}) ASSERT_TRUE(watch_->Watch(folder_.Components(root)));
  watch_->Unwatch(folder_.Components(u"root"));
  watch_.reset();
  folder_.MakeFile(u"root\\sub\\new");
  const std::lock_guard lock(mutex_);
  EXPECT_FALSE(told_.contains(folder_.Components(u"root\\sub")));
}

TEST(UsnJournalTest, AnswersOrSaysThatThereIsNone) {
  const ScratchFolder folder;
  const auto journal = OpenWin32UsnJournal({folder.Drive(), ':'});
  const auto state = journal->Query();
  if (!state) {
    EXPECT_EQ(state.error().kind, ErrorKind::kUnsupported) << state.error().ToString();
    GTEST_SKIP() << "no change journal here: " << state.error().ToString();
  }
  const auto read = journal->Read(state->id, state->first);
  ASSERT_TRUE(read) << read.error().ToString();
  EXPECT_GE(read->next, state->first);
}

}  // namespace
}  // namespace acledger::scanner
