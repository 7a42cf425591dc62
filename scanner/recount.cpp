// SPDX-License-Identifier: MIT
#include "scanner/recount.h"

#include <map>
#include <utility>

namespace acledger::scanner {

Expected<store::Counts> Recount(store::Ledger& ledger, const FolderTree& tree, const store::Grant& grant) {
  const Expected<std::vector<store::Folder>> folders = ledger.Folders(grant.id);
  if (!folders) return std::unexpected(folders.error());
  if (folders->empty()) return store::Counts{};
  const std::vector<FolderTree::Entry>& entries = tree.Entries();
  std::map<std::pair<store::FolderId, std::string>, std::size_t> positions;
  for (std::size_t i = 0; i < entries.size(); ++i) positions.emplace(std::pair(entries[i].parent, entries[i].name), i);
  std::vector<store::Counts> counts(entries.size());
  ++counts.front()[folders->front().self.verdict];
  std::vector<store::Node> nodes;
  for (std::size_t i = counts.size(); i-- > 0;) {
    if (Expected<void> loaded = ledger.Nodes(entries[i].id, nodes); !loaded) return std::unexpected(loaded.error());
    for (const store::Node& node : nodes) {
      ++counts[i][node.verdict];
      // A folder's roll-up counts the folder itself too; its own rows were added up before, when it was reached.
      const auto own = positions.find(std::pair(entries[i].id, node.name));
      if (node.is_folder && own != positions.end()) ++counts[own->second][node.verdict];
    }
    if (entries[i].parent != 0) counts[tree.Position(entries[i].parent)] += counts[i];
  }
  const Expected<void> stored = ledger.InTransaction([&]() -> Expected<void> {
    for (std::size_t i = 0; i < counts.size(); ++i)
      if (Expected<void> set = ledger.SetCounts(tree.Entries()[i].id, counts[i]); !set) return set;
    return {};
  });
  if (!stored) return std::unexpected(stored.error());
  return counts.front();
}

}  // namespace acledger::scanner
