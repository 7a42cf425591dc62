// SPDX-License-Identifier: MIT
#include "daemon/answers/visible_counts.h"

#include <algorithm>

namespace acledger::daemon {

using store::Counts;
using store::Folder;

namespace {

void Subtract(Counts& from, const Counts& what) {
  for (std::size_t i = 0; i < store::kVerdicts; ++i)
    from.by_verdict[i] -= std::min(from.by_verdict[i], what.by_verdict[i]);
}

// Whether the viewer may list a folder, by the number of its descriptor; each is asked once.
class Listable {
 public:
  Listable(store::Ledger& ledger, const Viewer& viewer) : ledger_(ledger), viewer_(viewer) {}

  Expected<bool> Ask(store::DescriptorId descriptor) {
    if (descriptor == 0) return false;
    if (const auto known = known_.find(descriptor); known != known_.end()) return known->second;
    const Expected<security::DescriptorBytes> bytes = ledger_.Descriptor(descriptor);
    if (!bytes) return std::unexpected(bytes.error());
    return known_.emplace(descriptor, viewer_.MayList(*bytes)).first->second;
  }

 private:
  store::Ledger& ledger_;
  const Viewer& viewer_;
  std::unordered_map<store::DescriptorId, bool> known_;
};

}  // namespace

Expected<VisibleFolders> VisibleFolders::Load(store::Ledger& ledger, store::GrantId grant, const Viewer& viewer) {
  Expected<std::vector<Folder>> all = ledger.Folders(grant);
  if (!all) return std::unexpected(all.error());
  VisibleFolders visible;
  Listable listable(ledger, viewer);
  std::unordered_map<store::FolderId, store::FolderId> parent_of;  // Of those that are listable.
  for (Folder& folder : *all) {
    if (folder.parent != 0 && !parent_of.contains(folder.parent)) continue;  // Below one that is not.
    const Expected<bool> may = listable.Ask(folder.self.descriptor);
    if (!may) return std::unexpected(may.error());
    visible.counts_[folder.id] = folder.counts;
    if (*may) {
      parent_of[folder.id] = folder.parent;
      visible.folders_.push_back(std::move(folder));
      continue;
    }
    // Seen by its name; what is in it counts nowhere.
    Counts own;
    ++own[folder.self.verdict];
    Counts hidden = folder.counts;
    Subtract(hidden, own);
    visible.counts_[folder.id] = own;
    for (store::FolderId above = folder.parent; above != 0; above = parent_of.at(above))
      Subtract(visible.counts_[above], hidden);
  }
  for (Folder& folder : visible.folders_) folder.counts = visible.counts_.at(folder.id);
  return visible;
}

std::optional<Counts> VisibleFolders::CountsOf(store::FolderId id) const {
  const auto found = counts_.find(id);
  return found == counts_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace acledger::daemon
