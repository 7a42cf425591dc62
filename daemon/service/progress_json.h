// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>

#include "daemon/rpc/json.h"
#include "scanner/progress.h"

namespace acledger::daemon {

// root, phase, done, total, changes, failures.
inline Json ProgressJson(const scanner::ProgressState& state) {
  return {{"root", state.root},       {"phase", scanner::Name(state.phase)},
          {"done", state.done},       {"total", state.total},
          {"changes", state.changes}, {"failures", state.failures}};
}

// At most ten a second. One thread.
class ProgressPace {
 public:
  bool IsDue() {
    const auto now = std::chrono::steady_clock::now();
    if (now - last_ < std::chrono::milliseconds(100)) return false;
    last_ = now;
    return true;
  }

 private:
  std::chrono::steady_clock::time_point last_;
};

}  // namespace acledger::daemon
