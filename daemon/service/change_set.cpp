// SPDX-License-Identifier: MIT
#include "daemon/service/change_set.h"

#include <algorithm>
#include <utility>

namespace acledger::daemon {

void ChangeSet::Add(const scanner::PathComponents& root, scanner::Changes changes, Moment now) {
  if (roots_.empty()) first_ = now;
  last_ = now;
  Root& held = roots_[root];
  held.root_lost |= changes.root_lost;
  held.missed |= changes.missed || changes.root_lost;
  if (!held.missed) held.folders.insert(changes.folders.begin(), changes.folders.end());
  if (held.folders.size() > options_.most_folders) held.missed = true;
  if (held.missed) held.folders.clear();
}

std::optional<Moment> ChangeSet::Due() const {
  if (roots_.empty()) return std::nullopt;
  return std::min(last_ + options_.quiet, first_ + options_.longest);
}

std::vector<ChangeSet::Told> ChangeSet::Take(Moment now) {
  std::vector<Told> told;
  if (const auto due = Due(); !due || *due > now) return told;
  for (auto& [root, held] : std::exchange(roots_, {}))
    told.push_back({root, {held.folders.begin(), held.folders.end()}, held.missed, held.root_lost});
  return told;
}

}  // namespace acledger::daemon
