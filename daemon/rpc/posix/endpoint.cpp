// SPDX-License-Identifier: MIT
#include "daemon/rpc/endpoint.h"

#include <cstdlib>

namespace acledger::daemon {

std::string DefaultEndpoint() {
  const char* folder = std::getenv("RUNTIME_DIRECTORY");
  return std::string(folder && *folder ? folder : "/run/acledger") + "/acledger.sock";
}

std::string FallbackEndpoint() { return DefaultEndpoint(); }

}  // namespace acledger::daemon
