// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <unordered_map>
#include <vector>

#include "daemon/answers/viewer.h"

namespace acledger::daemon {

// The folders of a grant whose entries one viewer may see, with roll-ups of what he may see. A value.
class VisibleFolders {
 public:
  // One pass over all folders of the grant and one access check for each distinct descriptor among them.
  static Expected<VisibleFolders> Load(store::Ledger& ledger, store::GrantId grant, const Viewer& viewer);

  // Ascending id, so a parent before its children; `counts` of what is visible. Only those whose entries he may list.
  const std::vector<store::Folder>& Entries() const { return folders_; }
  // Of a folder that he sees. Where he may not list it, the folder alone is counted. Empty: he does not see it.
  std::optional<store::Counts> CountsOf(store::FolderId id) const;

 private:
  std::vector<store::Folder> folders_;
  std::unordered_map<store::FolderId, store::Counts> counts_;
};

}  // namespace acledger::daemon
