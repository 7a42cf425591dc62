// SPDX-License-Identifier: MIT
#include "scanner/folder_tree.h"

#include <algorithm>

#include "security/wtf8.h"

namespace acledger::scanner {

using store::FolderId;

Expected<FolderTree> FolderTree::Load(store::Ledger& ledger, const store::Grant& grant) {
  const Expected<std::vector<store::Folder>> folders = ledger.Folders(grant.id);
  if (!folders) return std::unexpected(folders.error());
  FolderTree tree;
  for (const store::Folder& folder : *folders)
    tree.Add({folder.id, folder.parent, folder.self.name, folder.self.file_id});
  return tree;
}

void FolderTree::Add(Entry entry) {
  if (!positions_.emplace(entry.id, entries_.size()).second) return;
  file_ids_.emplace(entry.file_id, entry.id);
  entries_.push_back(std::move(entry));
}

const FolderTree::Entry* FolderTree::FindByFileId(const FileId& id) const {
  const auto found = file_ids_.find(id);
  return found == file_ids_.end() ? nullptr : &At(found->second);
}

std::vector<FolderId> FolderTree::Chain(FolderId id) const {
  std::vector<FolderId> chain;
  for (const Entry* entry = &At(id); entry->parent != 0; entry = &At(entry->parent)) chain.push_back(entry->id);
  std::ranges::reverse(chain);
  return chain;
}

std::size_t FolderTree::Deepest(std::span<const std::u16string> way) const {
  std::size_t at = 0;
  for (std::size_t i = 1; i < entries_.size() && !way.empty(); ++i) {
    if (entries_[i].parent != entries_[at].id || !SameName(FromWtf8(entries_[i].name).value_or(u""), way.front()))
      continue;
    at = i;
    way = way.subspan(1);
  }
  return at;
}

PathComponents FolderTree::Components(const PathComponents& root, FolderId id) const {
  PathComponents components = root;
  for (const FolderId step : Chain(id)) components.push_back(FromWtf8(At(step).name).value_or(u""));
  return components;
}

}  // namespace acledger::scanner
