// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <mutex>
#include <set>
#include <utility>

#include "scanner/change_watch.h"

namespace acledger::fakes {

// A watch that tells what the test says, on the test's thread.
class FakeChangeWatch final : public scanner::ChangeWatch {
 public:
  void SetReceiver(OnChanges on_changes) override {
    const std::lock_guard lock(mutex_);
    on_changes_ = std::move(on_changes);
  }
  Expected<void> Watch(const scanner::PathComponents& root) override {
    const std::lock_guard lock(mutex_);
    if (refused_) return Fail(ErrorKind::kDenied, "watch", "refused by the test");
    roots_.insert(root);
    return {};
  }
  void Unwatch(const scanner::PathComponents& root) override {
    const std::lock_guard lock(mutex_);
    roots_.erase(root);
  }

  // To each watched root at or above the folder, as the system does.
  void Tell(const scanner::PathComponents& folder) {
    for (const scanner::PathComponents& root : Roots())
      if (scanner::IsAtOrBelow(folder, root)) Send(root, {{folder}, false, false});
  }
  // To the one who watches (or wanted to watch) this root.
  void TellTo(const scanner::PathComponents& root, const scanner::PathComponents& folder) {
    Send(root, {{folder}, false, false});
  }
  void TellMissed(const scanner::PathComponents& root) { Send(root, {{}, true, false}); }
  void TellLost(const scanner::PathComponents& root) {
    Unwatch(root);
    Send(root, {{}, true, true});
  }
  void Refuse(bool refused) { refused_ = refused; }

  std::set<scanner::PathComponents> Roots() {
    const std::lock_guard lock(mutex_);
    return roots_;
  }

 private:
  void Send(const scanner::PathComponents& root, scanner::Changes changes) {
    const std::lock_guard lock(mutex_);
    if (on_changes_) on_changes_(root, std::move(changes));
  }

  std::mutex mutex_;
  OnChanges on_changes_;
  std::set<scanner::PathComponents> roots_;
  bool refused_ = false;
};

}  // namespace acledger::fakes
