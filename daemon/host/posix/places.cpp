// SPDX-License-Identifier: MIT
#include "daemon/host/places.h"

namespace acledger::daemon {

Expected<std::string> DefaultConfigPlace() { return "/etc/acledger/acledger.toml"; }

}  // namespace acledger::daemon
