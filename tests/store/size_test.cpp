// SPDX-License-Identifier: MIT
#include <numeric>

#include "tests/store/ledger_fixture.h"

namespace acledger::store {
namespace {

using testing::Le;

constexpr std::uint64_t kMiB = 1024 * 1024;

// Names as in a node_modules folder: 14 characters on average.
std::string NameOf(unsigned number) {
  static constexpr std::array kStems{"index",   "package",    "README",   "_baseClone", "utils", "types.d",
                                     "LICENSE", "createFlow", "internal", "parse-url",  "a",     "isTypedArrayLike"};
  static constexpr std::array kEnds{".js", ".json", ".d.ts", ".js.map", ".md", ""};
  return kStems[number % kStems.size()] + std::to_string(number / 7) + kEnds[number % kEnds.size()];
}

std::vector<Node> NodesOf(unsigned first, unsigned count) {
  std::vector<Node> nodes;
  for (unsigned i = first; i < first + count; ++i) {
    Node node = MakeNode(NameOf(i), i | std::uint64_t{3} << 48, Verdict::kReadable);
    node.descriptor = 1 + i % 300;
    nodes.push_back(node);
  }
  return nodes;
}

class Size : public LedgerTest {
 protected:
  // As a scan does: a folder gets its number and its names at once, about 4096 names in a transaction.
  void Fill(Ledger& ledger, unsigned folders, unsigned names_a_folder) const {
    const GrantId grant = Take(ledger.AddGrant(MakeGrant()));
    for (unsigned folder = 0; folder < folders;) {
      Take(ledger.InTransaction([&]() -> Expected<void> {
        for (unsigned written = 0; written < 4096 && folder < folders; written += names_a_folder, ++folder) {
          const FolderId id =
              Take(ledger.AddFolder(grant, folder / 8, MakeFolder("f" + std::to_string(folder), folder)));
          Take(ledger.ReplaceNodes(id, NodesOf(folder * names_a_folder, names_a_folder)));
        }
        return {};
      }));
      longest_log_ = std::max(longest_log_, std::filesystem::file_size(path_ + "-wal"));
    }
  }

  mutable std::uint64_t longest_log_ = 0;
};

TEST_F(Size, OfTheIndexIsAtMostSixtyBytesARow) {
  const auto names = NodesOf(0, 120000);
  const auto characters = std::accumulate(names.begin(), names.end(), std::size_t{0},
                                          [](std::size_t sum, const Node& node) { return sum + node.name.size(); });
  ASSERT_THAT(static_cast<double>(characters) / static_cast<double>(names.size()),
              testing::AllOf(testing::Ge(14.0), Le(18.0)));
  auto ledger = Open();
  Fill(*ledger, 6000, 20);

  const auto statistics = Take(ledger->Stats());

  ASSERT_EQ(statistics.nodes, 120000u);
  RecordProperty("bytes_per_row", std::to_string(statistics.node_bytes / statistics.nodes));
  EXPECT_THAT(statistics.node_bytes, Le(60 * statistics.nodes));
}

TEST_F(Size, OfTheIndexStaysSmallWhereFoldersAreLarge) {
  auto ledger = Open();
  Fill(*ledger, 10, 10000);
  const auto statistics = Take(ledger->Stats());
  EXPECT_THAT(statistics.node_bytes, Le(60 * statistics.nodes));
}

TEST_F(Size, OfTheLogStaysBelowSixtyFourMebibytes) {
  auto ledger = Open();
  Fill(*ledger, 40000, 20);
  EXPECT_THAT(longest_log_, Le(64 * kMiB));
  EXPECT_GT(Take(ledger->Stats()).checkpoints, 0u);
}

TEST_F(Size, OfOneLargeTransactionTakesOneCheckpoint) {
  auto ledger = Open();
  Take(ledger->Intern(SomeBytes(17 * kMiB, 1)));
  EXPECT_EQ(Take(ledger->Stats()).checkpoints, 1u);
}

// A transaction that touches everything.
TEST_F(Size, OfTheLogStaysBelowSixtyFourMebibytesWhenAnIndexIsRemoved) {
  auto ledger = Open();
  Fill(*ledger, 40000, 20);
  Take(ledger->RemoveIndex(1));
  EXPECT_EQ(Take(ledger->Stats()).nodes, 0u);
  EXPECT_THAT(std::filesystem::file_size(path_ + "-wal"), Le(64 * kMiB));
}

TEST_F(Size, OfTheLogIsBackToNothingAfterClosing) {
  Fill(*Open(), 500, 20);
  EXPECT_FALSE(std::filesystem::exists(path_ + "-wal"));
}

}  // namespace
}  // namespace acledger::store
