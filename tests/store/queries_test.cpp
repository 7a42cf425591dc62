// SPDX-License-Identifier: MIT
#include "tests/store/ledger_fixture.h"

namespace acledger::store {
namespace {

using testing::IsEmpty;
using testing::SizeIs;
using Path = std::vector<std::string>;

// What the volume's table does to the letters that these tests use: e acute to E acute, and ASCII.
std::string Upper(std::string_view name) {
  std::string upper;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name.substr(i, 2) == "\xC3\xA9") {
      upper += "\xC3\x89";
      ++i;
    } else {
      upper += name[i] >= 'a' && name[i] <= 'z' ? static_cast<char>(name[i] - 32) : name[i];
    }
  }
  return upper;
}

// \Users\dev holds: src (listed; main.cpp, Main.CPP), Empty (not listed), cafe with an accent.
class Queries : public LedgerTest {
 protected:
  Queries() : ledger_(Open()) {
    grant_ = Take(ledger_->AddGrant(MakeGrant("\\Users\\dev")));
    root_ = Take(ledger_->AddFolder(grant_, 0, MakeFolder("dev", 5, Verdict::kCovered)));
    Take(ledger_->ReplaceNodes(root_, std::vector{MakeFolder("src", 6), MakeFolder("Empty", 7),
                                                  MakeNode("caf\xC3\xA9", 8, Verdict::kDenied)}));
    src_ = Take(ledger_->AddFolder(grant_, root_, MakeFolder("src", 6)));
    Take(ledger_->ReplaceNodes(
        src_, std::vector{MakeNode("main.cpp", 9, Verdict::kReadable), MakeNode("Main.CPP", 10, Verdict::kDrifted)}));
    counts_[Verdict::kReadable] = 40;
    Take(ledger_->SetCounts(src_, counts_));
  }

  std::vector<Ledger::Found> Find(const Path& path) const { return Take(ledger_->Find(path, Upper)); }
  std::uint64_t IdAt(const Path& path) const {
    const auto found = Find(path);
    return found.empty() ? 0 : found[0].node.file_id.low;
  }

  std::unique_ptr<Ledger> ledger_;
  GrantId grant_ = 0;
  FolderId root_ = 0, src_ = 0;
  Counts counts_;
};

TEST_F(Queries, FindAFile) {
  const auto found = Find({"Users", "dev", "src", "main.cpp"});
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].grant.id, grant_);
  EXPECT_EQ(found[0].folder, src_);
  EXPECT_EQ(found[0].node, MakeNode("main.cpp", 9, Verdict::kReadable));
  EXPECT_FALSE(found[0].as_folder.has_value());
}

TEST_F(Queries, FindAFolderWithItsRollUp) {
  const auto found = Find({"Users", "dev", "src"});
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].folder, root_);
  ASSERT_TRUE(found[0].as_folder.has_value());
  EXPECT_EQ(found[0].as_folder->id, src_);
  EXPECT_EQ(found[0].as_folder->counts, counts_);
}

TEST_F(Queries, FindAFolderThatIsNotListedYet) {
  const auto found = Find({"Users", "dev", "Empty"});
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_FALSE(found[0].as_folder.has_value());
  EXPECT_THAT(Find({"Users", "dev", "Empty", "x"}), IsEmpty());
}

TEST_F(Queries, FindTheRootItself) {
  const auto found = Find({"Users", "dev"});
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].folder, 0);
  EXPECT_EQ(found[0].node, MakeFolder("dev", 5, Verdict::kCovered));
  EXPECT_EQ(found[0].as_folder->id, root_);
}

TEST_F(Queries, PreferTheExactNameToOneOfAnotherCase) {
  EXPECT_EQ(IdAt({"Users", "dev", "src", "main.cpp"}), 9u);
  EXPECT_EQ(IdAt({"Users", "dev", "src", "Main.CPP"}), 10u);
}

TEST_F(Queries, IgnoreTheCase) {
  EXPECT_EQ(IdAt({"users", "DEV", "SRC"}), 6u);
  EXPECT_NE(IdAt({"users", "DEV", "SRC", "MAIN.cpp"}), 0u);
}

TEST_F(Queries, IgnoreTheCaseOfOtherLettersAsTheVolumeDoes) {
  EXPECT_EQ(IdAt({"Users", "dev", "CAF\xC3\x89"}), 8u);
  EXPECT_THAT(Take(ledger_->Find(Path{"Users", "dev", "CAF\xC3\x89"})), IsEmpty());
}

TEST_F(Queries, FindNothingOutsideTheRoot) {
  EXPECT_THAT(Find({}), IsEmpty());
  EXPECT_THAT(Find({"Users"}), IsEmpty());
  EXPECT_THAT(Find({"Users", "dev2"}), IsEmpty());
  EXPECT_THAT(Find({"Users", "dev", "none"}), IsEmpty());
  EXPECT_THAT(Find({"Users", "dev", "src", "main.cpp", "below a file"}), IsEmpty());
}

TEST_F(Queries, FindAnObjectInEveryGrantAboveIt) {
  const GrantId whole = Take(ledger_->AddGrant(MakeGrant("\\")));
  const FolderId top = Take(ledger_->AddFolder(whole, 0, MakeFolder("", 1)));
  Take(ledger_->ReplaceNodes(top, std::vector{MakeFolder("Users", 2)}));
  const FolderId users = Take(ledger_->AddFolder(whole, top, MakeFolder("Users", 2)));
  Take(ledger_->ReplaceNodes(users, std::vector{MakeFolder("dev", 5)}));

  const auto found = Find({"Users", "dev"});

  ASSERT_THAT(found, SizeIs(2));
  EXPECT_EQ(found[0].grant.id, grant_);
  EXPECT_EQ(found[1].grant.id, whole);
  EXPECT_EQ(found[1].folder, users);
}

TEST_F(Queries, FindNothingInAGrantThatWasRolledBack) {
  ASSERT_THAT(ledger_->SetGrantState(grant_, GrantState::kRolledBack), IsOk());
  EXPECT_THAT(Find({"Users", "dev"}), IsEmpty());
}

TEST_F(Queries, FindNothingInAGrantWhoseRootIsNotScannedYet) {
  Take(ledger_->AddGrant(MakeGrant("\\Program Files")));
  EXPECT_THAT(Find({"Program Files"}), IsEmpty());
}

TEST_F(Queries, TellThePathOfAFolder) {
  EXPECT_EQ(Take(ledger_->PathOf(root_)), "\\Users\\dev");
  EXPECT_EQ(Take(ledger_->PathOf(src_)), "\\Users\\dev\\src");
  EXPECT_THAT(ledger_->PathOf(99), FailsWith(ErrorKind::kNotFound));
}

TEST_F(Queries, TellThePathBelowTheVolumesRoot) {
  const GrantId whole = Take(ledger_->AddGrant(MakeGrant("\\")));
  const FolderId top = Take(ledger_->AddFolder(whole, 0, MakeFolder("", 1)));
  EXPECT_EQ(Take(ledger_->PathOf(top)), "\\");
  EXPECT_EQ(Take(ledger_->PathOf(Take(ledger_->AddFolder(whole, top, MakeFolder("Users", 2))))), "\\Users");
}

TEST_F(Queries, DoNotFollowARingOfFolders) {
  ledger_.reset();
  RunSql("ledger.db", "UPDATE folder SET parent = " + std::to_string(src_) + " WHERE id = " + std::to_string(src_));
  EXPECT_THAT(Open()->PathOf(src_), FailsWith(ErrorKind::kCorrupt, "folder.parent"));
}

TEST_F(Queries, AreAnsweredBesideAWriter) {
  const auto reader = Open(Reader());
  EXPECT_THAT(Take(reader->Find(Path{"Users", "dev", "src", "new"})), IsEmpty());
  Take(ledger_->InTransaction([&]() -> Expected<void> {
    Take(ledger_->ReplaceNodes(src_, std::vector{MakeNode("new", 20)}));
    EXPECT_THAT(Take(reader->Find(Path{"Users", "dev", "src", "new"})), IsEmpty()) << "not committed yet";
    return {};
  }));
  EXPECT_THAT(Take(reader->Find(Path{"Users", "dev", "src", "new"})), SizeIs(1));
}

}  // namespace
}  // namespace acledger::store
