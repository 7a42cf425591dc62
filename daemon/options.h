// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "security/error.h"

namespace acledger::daemon {

struct DaemonOptions {
  std::string image{};     // Empty: the live volume.
  unsigned partition = 0;  // Of the image; 0: it is one volume.
  std::string drive{};     // "D": another live volume than the system's.
  std::string ledger{};    // Empty: beside the image, or in the machine's folder.
  std::string endpoint{};  // Empty: DefaultEndpoint().
  std::string log{};       // Empty: stderr; as a service: beside the ledger.
  std::string config{};    // Empty: the one at the default place, if it is there.
  bool full_speed = false;
  bool service = false;  // Started by the service control manager.
};

// Reads the command line. What is wrong, or help, is told; then the exit code is to be returned.
std::expected<DaemonOptions, int> ReadOptions(int argc, char** argv);

}  // namespace acledger::daemon
