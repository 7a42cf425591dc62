// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <span>
#include <string>

#include "daemon/options.h"

namespace acledger::daemon {

// The ledger that these options mean, by its absolute path: a client in another folder compares it with its own. The
// machine's folder is made where it is missing, and checked: it must belong to SYSTEM or Administrators.
Expected<std::string> LedgerPlace(const DaemonOptions& options);

// acledger.toml where nobody names one: beside the machine's ledger on Windows, /etc/acledger elsewhere. It may be
// missing. On Windows the folder is checked as above, whatever ledger is used: a file that anybody could have put
// there is no configuration.
Expected<std::string> DefaultConfigPlace();

// The file to log to; empty: stderr.
std::string LogPlace(const DaemonOptions& options, const std::string& ledger);

// Calls `listen` for one place after the other until one goes well, and gives that. Only where the system denies us a
// place is the next one tried (`denied` is told which, and why); a place that is in use ends it.
Expected<std::string> ListenWhereAllowed(
    std::span<const std::string> places, const std::function<Expected<void>(const std::string& place)>& listen,
    const std::function<void(const Error& error, const std::string& next)>& denied);

}  // namespace acledger::daemon
