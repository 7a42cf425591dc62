// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <utility>
#include <vector>

#include "scanner/path.h"

namespace acledger::scanner {

// Paths that somebody waits for, from the volume's root: what is planned takes them first. Only the order of the work
// depends on it. Any thread.
class WaitedPaths {
 public:
  // The latest few count.
  void Add(PathComponents path) {
    const std::lock_guard lock(mutex_);
    paths_.emplace_back(++last_, std::move(path));
    if (paths_.size() > kMost) paths_.pop_front();
  }
  // Those that were added since the last call with this `seen` (0 at first).
  std::vector<PathComponents> New(std::uint64_t& seen) const {
    const std::lock_guard lock(mutex_);
    std::vector<PathComponents> paths;
    for (const auto& [number, path] : paths_)
      if (number > seen) paths.push_back(path);
    seen = last_;
    return paths;
  }

 private:
  static constexpr std::size_t kMost = 16;

  mutable std::mutex mutex_;
  std::uint64_t last_ = 0;
  std::deque<std::pair<std::uint64_t, PathComponents>> paths_;
};

}  // namespace acledger::scanner
