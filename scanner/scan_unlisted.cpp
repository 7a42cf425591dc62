// SPDX-License-Identifier: MIT
// Folders that could not be looked at: the index goes on naming what lies in them, and says that nobody knows how it
// is.
#include <iterator>
#include <unordered_map>
#include <utility>

#include "scanner/scan.h"
#include "scanner/unlisted.h"

namespace acledger::scanner {

using store::Folder;
using store::FolderId;
using store::Node;
using store::Verdict;

namespace {

void Forget(Node& node) {
  node.verdict = Verdict::kUnknown;
  node.reason = store::Reason::kNone;
  node.descriptor = 0;
}

}  // namespace

// Since an earlier look at a part: all that is below it too, of which no record is loaded then.
bool Scan::IsForgotten(const Node* known) const {
  return is_part_ && known && IsUnseen(*known) && !gone_.contains(known->file_id);
}

// A listing that broke off says nothing of the names that it did not reach, unless the folder is gone.
Expected<void> Scan::KeepUnreached(const ScannedFolder& scanned, std::vector<Node> known, std::vector<Node>& nodes,
                                   std::set<std::string>& lost) {
  report_.unlisted += MayPass(scanned.list_error->kind);
  const PathComponents path = scanned.ref->Components(root_);
  if (Expected<void> added = AddFailure(path, "FILE_LIST_DIRECTORY", *scanned.list_error); !added) return added;
  if (scanned.IsGone()) return {};
  std::set<std::string> reached;
  for (const Node& node : nodes) reached.insert(node.name);
  for (Node& node : known) {
    if (reached.contains(node.name)) continue;
    Meet(node.file_id);
    if (node.is_folder && !IsForgotten(&node)) lost.insert(node.name);
    if (!IsExclusion(node)) Forget(node);
    nodes.push_back(std::move(node));
  }
  return {};
}

Expected<void> Scan::ForgetBelow(FolderId folder, const std::set<std::string>& lost) {
  if (lost.empty()) return {};
  const Expected<std::vector<Folder>> below = ledger_.FoldersIn(folder);
  if (!below) return std::unexpected(below.error());
  for (const Folder& one : *below)
    if (lost.contains(one.self.name))
      if (Expected<void> forgotten = ForgetSubtree(one); !forgotten) return forgotten;
  return {};
}

// `counts` receives what is in the folder but for what is counted with a folder of its own.
Expected<void> Scan::ForgetRows(FolderId folder, const std::set<FolderPlace>& listed, store::Counts& counts) {
  std::vector<Node> nodes;
  if (Expected<void> loaded = ledger_.Nodes(folder, nodes); !loaded) return loaded;
  for (Node& node : nodes) {
    Meet(node.file_id);
    if (!IsExclusion(node)) Forget(node);
    if (!node.is_folder || !listed.contains({folder, node.name})) ++counts[node.verdict];
  }
  const Expected<std::uint64_t> written = ledger_.ReplaceNodes(folder, nodes);
  if (!written) return std::unexpected(written.error());
  report_.rows_written += *written;
  return {};
}

// A plan of a part takes the roll-ups of what it leaves closed as they are: they follow here.
Expected<void> Scan::ForgetSubtree(const Folder& top) {
  std::vector<Folder> folders{top};
  std::set<FolderPlace> listed;
  for (std::size_t i = 0; i < folders.size(); ++i) {
    Expected<std::vector<Folder>> below = ledger_.FoldersIn(folders[i].id);
    if (!below) return std::unexpected(below.error());
    for (const Folder& one : *below) listed.emplace(one.parent, one.self.name);
    folders.insert(folders.end(), std::make_move_iterator(below->begin()), std::make_move_iterator(below->end()));
  }
  std::unordered_map<FolderId, store::Counts> counts;
  for (auto folder = folders.rbegin(); folder != folders.rend(); ++folder) {
    store::Counts own = counts[folder->id];
    ++own[folder->id == top.id ? top.self.verdict : Verdict::kUnknown];
    if (Expected<void> forgotten = ForgetRows(folder->id, listed, own); !forgotten) return forgotten;
    if (own != folder->counts)
      if (Expected<void> set = ledger_.SetCounts(folder->id, own); !set) return set;
    counts[folder->parent] += own;
  }
  store::Counts& all = counts[top.parent];
  --all[top.self.verdict];  // Its own row is counted where it was read.
  total_ += all;
  return {};
}

}  // namespace acledger::scanner
