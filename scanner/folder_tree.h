// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "scanner/policy.h"
#include "store/ledger.h"

namespace acledger::scanner {

// The folders of one grant's index in memory: about 100 bytes each. Positions follow the folders' numbers, so that a
// parent comes before its children. One thread.
class FolderTree {
 public:
  struct Entry {
    store::FolderId id = 0;
    store::FolderId parent = 0;  // 0 for the grant's root.
    std::string name;            // WTF-8; the root's whole path is the grant's.
    FileId file_id;
  };

  static Expected<FolderTree> Load(store::Ledger& ledger, const store::Grant& grant);

  void Add(Entry entry);  // Numbers must rise; an entry that is there is left alone.
  bool Contains(store::FolderId id) const { return positions_.contains(id); }
  const Entry& At(store::FolderId id) const { return entries_[Position(id)]; }
  std::size_t Position(store::FolderId id) const { return positions_.at(id); }
  const std::vector<Entry>& Entries() const { return entries_; }

  // The position of the last folder on this way from the grant's root that is there; case is ignored.
  std::size_t Deepest(std::span<const std::u16string> way) const;

  // From the grant's root (not included) down to the folder.
  std::vector<store::FolderId> Chain(store::FolderId id) const;
  // Components from the volume's root; `root` are those of the grant's root.
  PathComponents Components(const PathComponents& root, store::FolderId id) const;
  bool HasFolder(const FileId& id) const { return file_ids_.contains(id); }
  const Entry* FindByFileId(const FileId& id) const;

 private:
  std::vector<Entry> entries_;
  std::unordered_map<store::FolderId, std::size_t> positions_;
  std::unordered_map<FileId, store::FolderId> file_ids_;
};

}  // namespace acledger::scanner
