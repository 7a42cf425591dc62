// SPDX-License-Identifier: MIT
#include "daemon/host/places.h"

#include "daemon/target/live_volume.h"

namespace acledger::daemon {

Expected<std::string> DefaultConfigPlace() {
  const Expected<std::string> ledger = LiveLedgerPath(true);
  if (!ledger) return ledger;
  return ledger->substr(0, ledger->find_last_of('\\') + 1) + "acledger.toml";
}

}  // namespace acledger::daemon
