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
