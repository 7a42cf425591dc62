// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <vector>

#include "scanner/path.h"
#include "security/error.h"

namespace acledger::scanner {

// What happened below one watched root.
struct Changes {
  // From the volume's root: folders in which a name came, went or changed its descriptor. May hold what is gone by now.
  std::vector<PathComponents> folders;
  bool missed = false;     // More happened than could be told: anything below the root may have changed.
  bool root_lost = false;  // Nothing more is told of this root (it is gone, say); implies `missed`.
};

// Tells of changes below folders of a live volume, as they happen. Events may come doubled, late and in any order; that
// some were lost is told, unless the system itself does not know. Our own writes are told like anybody's.
//
// Threads: Watch() and Unwatch() from any; `on_changes` is called on a thread of the watch, one call at a time, and not
// after the destructor returned.
class ChangeWatch {
 public:
  using OnChanges = std::function<void(const PathComponents& root, Changes changes)>;

  virtual ~ChangeWatch() = default;

  // From its return on no other receiver is called. Empty: nobody listens. Not from within a call of it.
  virtual void SetReceiver(OnChanges on_changes) = 0;
  // From its return on changes below `root` (and of its own descriptor and name) are told. A root that is watched
  // already: nothing to do. kNotFound, kDenied, ...: it is not watched; that something happened on the way to it may be
  // told all the same, as a change of a folder above it.
  virtual Expected<void> Watch(const PathComponents& root) = 0;
  virtual void Unwatch(const PathComponents& root) = 0;
};

}  // namespace acledger::scanner
