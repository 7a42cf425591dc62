// SPDX-License-Identifier: MIT
#include "daemon/host/places.h"

#include "daemon/target/absolute_path.h"
#include "daemon/target/live_volume.h"

namespace acledger::daemon {

Expected<std::string> LedgerPlace(const DaemonOptions& options) {
  if (!options.ledger.empty()) return AbsolutePath(options.ledger);
  if (!options.image.empty()) return AbsolutePath(ImageLedger(options.image, options.partition));
  return LiveLedgerPath(true);
}

std::string LogPlace(const DaemonOptions& options, const std::string& ledger) {
  if (!options.log.empty() || !options.service) return options.log;
  const std::size_t folder = ledger.find_last_of("\\/");
  return (folder == std::string::npos ? "" : ledger.substr(0, folder + 1)) + "logs/acledgerd.log";
}

Expected<std::string> ListenWhereAllowed(
    std::span<const std::string> places, const std::function<Expected<void>(const std::string& place)>& listen,
    const std::function<void(const Error& error, const std::string& next)>& denied) {
  for (std::size_t i = 0; i < places.size(); ++i) {
    const Expected<void> listening = listen(places[i]);
    if (listening) return places[i];
    const bool try_next = listening.error().kind == ErrorKind::kDenied && i + 1 < places.size();
    if (!try_next) return std::unexpected(listening.error());
    denied(listening.error(), places[i + 1]);
  }
  return Fail(ErrorKind::kInvalid, "listen", "there is no place to listen at");
}

}  // namespace acledger::daemon
