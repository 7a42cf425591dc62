// SPDX-License-Identifier: MIT
#include "tests/store/batches.h"

#include "tests/store/ledger_fixture.h"

namespace acledger::store {
namespace {

using testing::SizeIs;

constexpr GrantId kGrant = 1;
constexpr unsigned kNames = 40;
constexpr unsigned kChanges = 10;

std::vector<Node> NodesOf(unsigned number, DescriptorId descriptor) {
  std::vector<Node> nodes;
  for (unsigned i = 0; i < kNames; ++i) {
    nodes.push_back(MakeNode("name " + std::to_string(i), number * 1000 + i));
    nodes.back().descriptor = descriptor;
  }
  return nodes;
}

std::vector<Change> ChangesOf(unsigned number, FolderId folder, DescriptorId descriptor) {
  std::vector<Change> changes(kChanges);
  for (unsigned i = 0; i < kChanges; ++i) {
    changes[i].grant = kGrant;
    changes[i].folder = folder;
    changes[i].file_id = {number * 1000 + i, 0};
    changes[i].original = changes[i].before = changes[i].after = descriptor;
  }
  return changes;
}

std::vector<ChangeResult> Applied(const std::vector<Change>& changes) {
  std::vector<ChangeResult> results;
  for (const Change& change : changes) results.push_back({change.id, ChangeState::kApplied});
  return results;
}

}  // namespace

Batches::Batches(Ledger& ledger) : results_(Applied(Take(ledger.Changes(kGrant, std::array{ChangeState::kIntent})))) {}

Expected<void> Batches::Write(Ledger& ledger, unsigned number) {
  std::vector<Change> intents;
  auto done = ledger.InTransaction([&]() -> Expected<void> {
    if (auto recorded = ledger.RecordResults(results_); !recorded) return recorded;
    auto descriptor = ledger.Intern(SomeBytes(500, number));
    if (!descriptor) return std::unexpected(descriptor.error());
    auto folder = ledger.AddFolder(kGrant, 0, MakeFolder("batch " + std::to_string(number), 100 + number));
    if (!folder) return std::unexpected(folder.error());
    auto replaced = ledger.ReplaceNodes(*folder, NodesOf(number, *descriptor));
    if (!replaced) return std::unexpected(replaced.error());
    intents = ChangesOf(number, *folder, *descriptor);
    return ledger.RecordIntents(intents);
  });
  if (done) results_ = Applied(intents);
  return done;
}

unsigned WholeBatches(Ledger& ledger) {
  unsigned batches = 0;
  Take(ledger.InTransaction([&]() -> Expected<void> {
    const auto folders = Take(ledger.Folders(kGrant));
    batches = static_cast<unsigned>(folders.size());
    for (unsigned number = 0; number < batches; ++number) {
      EXPECT_EQ(folders[number].self.name, "batch " + std::to_string(number));
      std::vector<Node> nodes;
      EXPECT_THAT(ledger.Nodes(folders[number].id, nodes), IsOk());
      EXPECT_THAT(nodes, SizeIs(kNames));
      if (nodes.empty()) continue;
      EXPECT_EQ(Take(ledger.Descriptor(nodes[0].descriptor)), SomeBytes(500, number));
    }
    EXPECT_EQ(Take(ledger.Stats()).nodes, batches * kNames);
    EXPECT_THAT(Take(ledger.Changes(kGrant, std::array{ChangeState::kIntent})), SizeIs(batches > 0 ? kChanges : 0));
    EXPECT_THAT(Take(ledger.Changes(kGrant, std::array{ChangeState::kApplied})),
                SizeIs(batches > 0 ? (batches - 1) * kChanges : 0));
    return {};
  }));
  return batches;
}

}  // namespace acledger::store
