// SPDX-License-Identifier: MIT
#include "daemon/rpc/endpoint.h"

namespace acledger::daemon {

std::string DefaultEndpoint() { return R"(\\.\pipe\ProtectedPrefix\Administrators\acledger)"; }

std::string FallbackEndpoint() { return R"(\\.\pipe\acledger)"; }

}  // namespace acledger::daemon
