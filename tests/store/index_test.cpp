// SPDX-License-Identifier: MIT
#include "tests/store/ledger_fixture.h"

namespace acledger::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

class Index : public LedgerTest {
 protected:
  Index() : ledger_(Open()) {
    grant_ = Take(ledger_->AddGrant(MakeGrant()));
    root_ = Take(ledger_->AddFolder(grant_, 0, MakeFolder("dev", 5)));
  }

  std::vector<Node> NodesOf(FolderId folder) const {
    std::vector<Node> nodes;
    EXPECT_THAT(ledger_->Nodes(folder, nodes), IsOk());
    return nodes;
  }
  std::uint64_t Replace(FolderId folder, const std::vector<Node>& nodes) const {
    return Take(ledger_->ReplaceNodes(folder, nodes));
  }

  std::unique_ptr<Ledger> ledger_;
  GrantId grant_ = 0;
  FolderId root_ = 0;
};

TEST_F(Index, GivesBackTheNodesOfAFolder) {
  Node odd = MakeNode("odd\xED\xA0\x80", 9, Verdict::kDenied);
  odd.reason = Reason::kNoDescriptor;
  odd.has_links = true;
  odd.descriptor = 77;
  odd.file_id.high = 3;
  Replace(root_, {MakeNode("b.txt", 7), MakeFolder("a", 6, Verdict::kCovered), odd});

  EXPECT_THAT(NodesOf(root_), ElementsAre(MakeFolder("a", 6, Verdict::kCovered), MakeNode("b.txt", 7), odd));
}

TEST_F(Index, WritesNothingWhenNothingChanged) {
  const std::vector<Node> nodes{MakeNode("B", 7), MakeNode("a", 6), MakeNode("\xC3\xA9", 8)};
  EXPECT_EQ(Replace(root_, nodes), 3u);
  const auto before = Take(ledger_->Stats());

  EXPECT_EQ(Replace(root_, nodes), 0u);

  const auto after = Take(ledger_->Stats());
  EXPECT_EQ(after.rows_written, before.rows_written);
  EXPECT_EQ(after.transactions, before.transactions);
}

TEST_F(Index, WritesOnlyWhatDiffers) {
  Replace(root_, {MakeNode("gone", 1), MakeNode("same", 2), MakeNode("turned", 3)});
  const auto before = Take(ledger_->Stats()).rows_written;

  EXPECT_EQ(Replace(root_, {MakeNode("same", 2), MakeNode("turned", 3, Verdict::kCovered), MakeNode("added", 4)}), 3u);

  EXPECT_EQ(Take(ledger_->Stats()).rows_written - before, 3u);
  EXPECT_THAT(NodesOf(root_),
              ElementsAre(MakeNode("added", 4), MakeNode("same", 2), MakeNode("turned", 3, Verdict::kCovered)));
}

TEST_F(Index, KeepsNamesThatDifferInCaseOnly) {
  Replace(root_, {MakeNode("readme", 1), MakeNode("README", 2)});
  EXPECT_THAT(NodesOf(root_), UnorderedElementsAre(MakeNode("readme", 1), MakeNode("README", 2)));
  EXPECT_EQ(Replace(root_, {MakeNode("README", 2), MakeNode("readme", 1)}), 0u);
}

TEST_F(Index, KeepsTwoNamesOfOneObjectThatDifferInCaseOnly) {
  const std::vector<Node> twins{MakeNode("AB", 1), MakeNode("Ab", 1), MakeNode("aB", 1), MakeNode("ab", 1)};
  Replace(root_, twins);
  EXPECT_EQ(Replace(root_, twins), 0u);

  ASSERT_THAT(ledger_->UpdateNode(root_, MakeNode("aB", 1, Verdict::kCovered)), IsOk());

  EXPECT_THAT(NodesOf(root_), UnorderedElementsAre(twins[0], twins[1], MakeNode("aB", 1, Verdict::kCovered), twins[3]));
}

// As many as NTFS allows. Whoever may write to one folder must not be able to stop the scan of all.
TEST_F(Index, KeepsEveryNameOfAFileThatHasAsManyAsCanBe) {
  std::vector<Node> twins;
  for (unsigned number = 0; number < 1024; ++number) {
    std::string name = "abcdefghij";
    for (unsigned letter = 0; letter < 10; ++letter) {
      if ((number >> letter & 1) != 0) name[letter] = static_cast<char>(name[letter] - 'a' + 'A');
    }
    twins.push_back(MakeNode(name, 1));
  }
  EXPECT_EQ(Replace(root_, twins), 1024u);
  EXPECT_EQ(Replace(root_, twins), 0u);
  twins[700].verdict = Verdict::kCovered;
  EXPECT_EQ(Replace(root_, twins), 1u);
}

TEST_F(Index, FollowsARenameThatChangesTheCaseOnly) {
  Replace(root_, {MakeNode("readme", 1)});
  EXPECT_EQ(Replace(root_, {MakeNode("README", 1)}), 2u);
  EXPECT_THAT(NodesOf(root_), ElementsAre(MakeNode("README", 1)));
}

TEST_F(Index, DropsTheSubtreeOfAFolderThatIsGone) {
  Replace(root_, {MakeFolder("gone", 6), MakeFolder("kept", 7)});
  const FolderId gone = Take(ledger_->AddFolder(grant_, root_, MakeFolder("gone", 6)));
  const FolderId kept = Take(ledger_->AddFolder(grant_, root_, MakeFolder("kept", 7)));
  Replace(gone, {MakeFolder("below", 8)});
  const FolderId below = Take(ledger_->AddFolder(grant_, gone, MakeFolder("below", 8)));
  Replace(below, {MakeNode("deep", 9), MakeFolder("unlisted", 10)});
  ASSERT_THAT(ledger_->AddFrontier(std::vector{FrontierFolder{grant_, below, "unlisted", {10, 0}}}), IsOk());

  Replace(root_, {MakeFolder("kept", 7)});

  EXPECT_THAT(NodesOf(gone), IsEmpty());
  EXPECT_THAT(NodesOf(below), IsEmpty());
  EXPECT_THAT(Take(ledger_->Frontier(grant_)), IsEmpty());
  const auto folders = Take(ledger_->Folders(grant_));
  ASSERT_THAT(folders, SizeIs(2));
  EXPECT_EQ(folders[1].id, kept);
}

TEST_F(Index, ForgetsWhatLayBelowAFolderOfAnotherIdentity) {
  Replace(root_, {MakeFolder("sub", 6)});
  const FolderId old = Take(ledger_->AddFolder(grant_, root_, MakeFolder("sub", 6)));
  Replace(old, {MakeNode("x", 7)});

  Replace(root_, {MakeFolder("sub", 99)});

  EXPECT_THAT(NodesOf(old), IsEmpty());
  EXPECT_GT(Take(ledger_->AddFolder(grant_, root_, MakeFolder("sub", 99))), old);
}

TEST_F(Index, NeverGivesAFolderNumberTwice) {
  const FolderId last = Take(ledger_->AddFolder(grant_, root_, MakeFolder("sub", 6)));
  ASSERT_THAT(ledger_->RemoveIndex(grant_), IsOk());
  ledger_.reset();
  ledger_ = Open();
  EXPECT_GT(Take(ledger_->AddFolder(grant_, 0, MakeFolder("dev", 5))), last);
}

TEST_F(Index, AddsAFolderOnce) {
  const FolderId first = Take(ledger_->AddFolder(grant_, root_, MakeFolder("sub", 6)));
  EXPECT_EQ(Take(ledger_->AddFolder(grant_, root_, MakeFolder("sub", 6))), first);
  EXPECT_NE(Take(ledger_->AddFolder(grant_, root_, MakeFolder("SUB", 8))), first);
}

TEST_F(Index, TakesAFoldersOwnRowFromItsParentsNodes) {
  Node sub = MakeFolder("sub", 6);
  Replace(root_, {sub});
  Take(ledger_->AddFolder(grant_, root_, sub));
  sub.verdict = Verdict::kCovered;
  sub.descriptor = 12;
  ASSERT_THAT(ledger_->UpdateNode(root_, sub), IsOk());
  Node root = MakeFolder("dev", 5, Verdict::kReadable);
  ASSERT_THAT(ledger_->UpdateRoot(root_, root), IsOk());

  const auto folders = Take(ledger_->Folders(grant_));

  ASSERT_THAT(folders, SizeIs(2));
  EXPECT_EQ(folders[0].self, root);
  EXPECT_EQ(folders[1].self, sub);
  EXPECT_EQ(folders[1].parent, root_);
}

TEST_F(Index, KeepsTheCountsOfAFolder) {
  Counts counts;
  for (std::size_t i = 0; i < kVerdicts; ++i) counts.by_verdict[i] = std::uint64_t{1} << (5 * i);
  ASSERT_THAT(ledger_->SetCounts(root_, counts), IsOk());
  EXPECT_EQ(Take(ledger_->Folders(grant_))[0].counts, counts);
  EXPECT_THAT(ledger_->SetCounts(99, counts), FailsWith(ErrorKind::kNotFound));
}

TEST_F(Index, DoesNotUpdateAnotherObjectUnderTheSameName) {
  Replace(root_, {MakeNode("a", 6)});
  EXPECT_THAT(ledger_->UpdateNode(root_, MakeNode("a", 7, Verdict::kCovered)), FailsWith(ErrorKind::kNotFound));
  EXPECT_THAT(ledger_->UpdateNode(root_, MakeNode("A", 6, Verdict::kCovered)), FailsWith(ErrorKind::kNotFound));
  EXPECT_THAT(NodesOf(root_), ElementsAre(MakeNode("a", 6)));
}

TEST_F(Index, RemovesTheIndexOfOneGrantOnly) {
  const GrantId other = Take(ledger_->AddGrant(MakeGrant()));
  const FolderId other_root = Take(ledger_->AddFolder(other, 0, MakeFolder("dev", 5)));
  Replace(root_, {MakeNode("a", 6)});
  Replace(other_root, {MakeNode("a", 6)});
  const std::vector<FrontierFolder> frontier{{grant_, root_, "x", {7, 0}}, {other, other_root, "x", {7, 0}}};
  ASSERT_THAT(ledger_->AddFrontier(frontier), IsOk());

  ASSERT_THAT(ledger_->RemoveIndex(grant_), IsOk());

  EXPECT_THAT(Take(ledger_->Folders(grant_)), IsEmpty());
  EXPECT_THAT(NodesOf(root_), IsEmpty());
  EXPECT_THAT(Take(ledger_->Frontier(grant_)), IsEmpty());
  EXPECT_THAT(NodesOf(other_root), SizeIs(1));
  EXPECT_THAT(Take(ledger_->Frontier(other)), SizeIs(1));
}

TEST_F(Index, KeepsTheFrontier) {
  const FrontierFolder a{grant_, root_, "a", {6, 1}};
  const FrontierFolder b{grant_, root_, "b", {7, 0}};
  ASSERT_THAT(ledger_->AddFrontier(std::vector{b, a, a}), IsOk());
  ASSERT_THAT(ledger_->RemoveFrontier(b), IsOk());
  const auto left = Take(ledger_->Frontier(grant_));
  ASSERT_THAT(left, SizeIs(1));
  EXPECT_EQ(left[0].name, "a");
  EXPECT_EQ(left[0].file_id, a.file_id);
}

}  // namespace
}  // namespace acledger::store
