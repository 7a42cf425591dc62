// SPDX-License-Identifier: MIT
#include "scanner/handed_index.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "scanner/handover.h"

namespace acledger::scanner {

Expected<HandedIndex> HandedIndex::Load(store::Ledger& ledger, const store::Grant& upper) {
  HandedIndex index;
  const Expected<std::vector<store::Grant>> grants = ledger.Grants();
  if (!grants) return std::unexpected(grants.error());
  for (const store::Grant& part : *grants) {
    if (part.state != store::GrantState::kPartOf || !IsSameLayer(part, upper)) continue;
    const Expected<std::optional<store::Folder>> root = ledger.Root(part.id);
    if (!root) return std::unexpected(root.error());
    if (!*root) continue;
    Expected<FolderTree> tree = FolderTree::Load(ledger, part);
    if (!tree) return std::unexpected(tree.error());
    index.parts_.push_back({std::move(*tree), (*root)->self});
  }
  return index;
}

Expected<std::vector<store::Node>> HandedIndex::Nodes(store::Ledger& ledger, const FileId& folder) const {
  std::vector<store::Node> nodes;
  for (const Part& part : parts_) {
    const FolderTree::Entry* entry = part.tree.FindByFileId(folder);
    if (!entry) continue;
    if (Expected<void> loaded = ledger.Nodes(entry->id, nodes); !loaded) return std::unexpected(loaded.error());
    std::ranges::sort(nodes, {}, [](const store::Node& node) { return std::tie(node.name, node.file_id); });
    break;
  }
  return nodes;
}

const store::Node* HandedIndex::Root(const FileId& id) const {
  const auto found = std::ranges::find(parts_, id, [](const Part& part) { return part.root.file_id; });
  return found == parts_.end() ? nullptr : &found->root;
}

}  // namespace acledger::scanner
