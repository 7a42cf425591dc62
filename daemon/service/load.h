// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <memory>

#include "security/error.h"

namespace acledger::daemon {

// Time of all processors together since some fixed moment. Only differences mean something.
struct LoadSample {
  std::chrono::nanoseconds capacity{};  // What they could have worked.
  std::chrono::nanoseconds busy{};      // What they did work, ours included.
  std::chrono::nanoseconds own{};       // Of this process.
};

// What the machine is doing apart from us. One thread.
class LoadSource {
 public:
  virtual ~LoadSource() = default;
  virtual Expected<LoadSample> Sample() = 0;
  // Whether its user wants energy saved (battery saver). False where the system has no such thing.
  virtual Expected<bool> SavesEnergy() = 0;
};

// That of this system.
std::unique_ptr<LoadSource> SystemLoad();

}  // namespace acledger::daemon
