// SPDX-License-Identifier: MIT
#include "daemon/host/settings.h"

namespace acledger::daemon {

Expected<void> Settings::Read() {
  // No file at all, neither named nor at a default place.
  if (File().empty()) return {};
  const Expected<store::Config> config =
      store::ReadConfig(named_.empty() ? std::nullopt : std::optional(named_), default_);
  if (!config) return std::unexpected(config.error());
  config_ = config->daemon;
  users_ = config->users;
  return {};
}

std::vector<std::string> Settings::NeedRestart(const store::DaemonConfig& begun) const {
  std::vector<std::string> keys;
  if (begun.max_clients != config_.max_clients) keys.emplace_back("max_clients");
  return keys;
}

}  // namespace acledger::daemon
