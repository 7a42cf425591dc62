// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace acledger::scanner {

// In which order the folders of a plan are taken: each once, none before the folder that it is in, and those that
// somebody waits for before the others. Positions are those of a FolderTree. One thread.
class PlanOrder {
 public:
  // `parents[i]` < i, but for the root's, which is its own.
  void Begin(std::vector<std::size_t> parents);
  // From now on the way to this folder, and then all that is below it, comes first.
  void Prefer(std::size_t position);
  // Empty: all were given.
  std::optional<std::size_t> Next();

 private:
  std::vector<std::size_t> parents_;
  std::vector<bool> given_;
  std::vector<std::size_t> first_;  // The next one last.
  std::size_t next_ = 0;
};

}  // namespace acledger::scanner
