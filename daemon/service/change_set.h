// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "daemon/service/queue.h"
#include "scanner/change_watch.h"

namespace acledger::daemon {

// Gathers what a watch tells until it is quiet for a moment, so that a copied tree is one piece of work. Decides; does
// nothing. One thread.
class ChangeSet {
 public:
  struct Options {
    Moment quiet = std::chrono::milliseconds(100);  // So long nothing more: handed out.
    Moment longest = std::chrono::seconds(1);       // The latest.
    std::size_t most_folders = 4096;                // Of one root; more are `missed`.
  };

  ChangeSet() = default;
  explicit ChangeSet(const Options& options) : options_(options) {}

  void Add(const scanner::PathComponents& root, scanner::Changes changes, Moment now);

  // When Take() will have something; empty: nothing was told.
  std::optional<Moment> Due() const;

  struct Told {
    scanner::PathComponents root;
    std::vector<scanner::PathComponents> folders;  // Each once.
    bool missed = false;                           // Then `folders` is empty: all of it is in doubt.
    bool root_lost = false;
  };
  // All of it, if it is due at `now`.
  std::vector<Told> Take(Moment now);

 private:
  struct Root {
    std::set<scanner::PathComponents> folders;
    bool missed = false;
    bool root_lost = false;
  };

  Options options_;
  std::map<scanner::PathComponents, Root> roots_;
  Moment first_{}, last_{};
};

}  // namespace acledger::daemon
