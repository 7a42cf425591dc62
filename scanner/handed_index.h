// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "scanner/folder_tree.h"

namespace acledger::scanner {

// What the indexes of grants that are part of another one say of its objects: they were made before it, and know what
// was there before us. For the first scan of the upper grant. The ledger's thread.
class HandedIndex {
 public:
  static Expected<HandedIndex> Load(store::Ledger& ledger, const store::Grant& upper);

  bool IsEmpty() const { return parts_.empty(); }
  // The rows of the folder with this id, sorted by name and id; none if it is not known.
  Expected<std::vector<store::Node>> Nodes(store::Ledger& ledger, const FileId& folder) const;
  // The root with this id; null if it is none.
  const store::Node* Root(const FileId& id) const;

 private:
  struct Part {
    FolderTree tree;
    store::Node root;
  };
  std::vector<Part> parts_;
};

}  // namespace acledger::scanner
