// SPDX-License-Identifier: MIT
#include "setup/file_journal.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <random>

namespace acledger::setup {
namespace {

class FileJournalTest : public testing::Test {
 protected:
  FileJournalTest()
      : folder_(std::filesystem::temp_directory_path() / ("setup-journal-" + std::to_string(std::random_device()()))) {
    std::filesystem::create_directories(folder_);
  }
  ~FileJournalTest() override { std::filesystem::remove_all(folder_); }
  std::string Path() const { return (folder_ / "setup.db").string(); }
  std::unique_ptr<FileJournal> Open() {
    auto journal = FileJournal::Open(Path());
    EXPECT_TRUE(journal) << journal.error().ToString();
    return journal ? *std::move(journal) : nullptr;
  }
  ErrorKind Refused() {
    const auto journal = FileJournal::Open(Path());
    EXPECT_FALSE(journal);
    return journal ? ErrorKind::kIo : journal.error().kind;
  }
  void Write(const std::string& bytes) { std::ofstream(Path(), std::ios::binary) << bytes; }

  std::filesystem::path folder_;
};

TEST_F(FileJournalTest, GivesBackWhatWasPutInAfterItIsOpenedAgain) {
  {
    const auto journal = Open();
    ASSERT_TRUE(journal->Put({"b", StepState::kApplying, "before b", ""}));
    ASSERT_TRUE(journal->Put({"a", StepState::kApplied, "before a", ""}));
    ASSERT_TRUE(journal->Put({"b", StepState::kUndoing, "before b", "denied"}));
    ASSERT_TRUE(journal->Put({"c", StepState::kApplied, "", ""}));
    ASSERT_TRUE(journal->Remove("c"));
    ASSERT_TRUE(journal->Remove("never there"));
  }
  const auto journal = Open();
  const auto records = journal->Records();
  ASSERT_TRUE(records);
  ASSERT_EQ(records->size(), 2u);  // In the order in which they came first.
  EXPECT_EQ(records->at(0).name, "b");
  EXPECT_EQ(records->at(0).state, StepState::kUndoing);
  EXPECT_EQ(records->at(0).before, "before b");
  EXPECT_EQ(records->at(0).trouble, "denied");
  EXPECT_EQ(records->at(1).name, "a");
  EXPECT_EQ(journal->Find("a").value()->state, StepState::kApplied);
  EXPECT_FALSE(journal->Find("c").value());
}

TEST_F(FileJournalTest, IsHeldByOneSetUpAtATime) {
  auto journal = Open();
  EXPECT_EQ(Refused(), ErrorKind::kBusy);
  journal.reset();
  Open();
}

TEST_F(FileJournalTest, LeavesAloneWhatIsDamagedOrAnothers) {
  {
    ASSERT_TRUE(Open()->Put({"a", StepState::kApplied, "before", ""}));
  }
  const auto size = std::filesystem::file_size(Path());
  std::string nothing(static_cast<std::size_t>(size), '\0');
  for (const std::string& bytes :
       {nothing, std::string("no database at all, but long enough to be read as a header"), nothing.substr(0, 512)}) {
    Write(bytes);
    EXPECT_EQ(Refused(), ErrorKind::kCorrupt);
    EXPECT_EQ(std::filesystem::file_size(Path()), bytes.size());
  }
}

#ifndef _WIN32
TEST_F(FileJournalTest, RefusesALink) {
  {
    Open();
  }
  std::filesystem::rename(Path(), folder_ / "elsewhere");
  std::filesystem::create_symlink(folder_ / "elsewhere", Path());
  EXPECT_EQ(Refused(), ErrorKind::kInvalid);
}
#endif

}  // namespace
}  // namespace acledger::setup
