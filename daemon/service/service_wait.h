// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/service/service.h"

namespace acledger::daemon {

// A client that waits until a path is decided.
struct Service::Wait {
  ClientId client = 0;
  Viewer viewer;
  std::string path;
  std::chrono::steady_clock::time_point deadline;
  Reply reply;
};

}  // namespace acledger::daemon
