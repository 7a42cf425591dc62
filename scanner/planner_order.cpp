// SPDX-License-Identifier: MIT
// Which folders of the plan come first.
#include <span>
#include <utility>

#include "scanner/planner.h"

namespace acledger::scanner {

void Planner::Order() {
  if (std::exchange(is_ordered_, true)) return;
  std::vector<std::size_t> parents;
  if (root_node_.is_folder)
    for (const FolderPlan& folder : folders_) parents.push_back(folder.parent);
  order_.Begin(std::move(parents));
}

void Planner::Prefer(const PathComponents& path) {
  Order();
  if (IsAtOrBelow(path, root_)) order_.Prefer(tree_.Deepest(std::span(path).subspan(root_.size())));
}

}  // namespace acledger::scanner
