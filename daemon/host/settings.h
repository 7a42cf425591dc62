// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "daemon/service/pace.h"
#include "store/config.h"

namespace acledger::daemon {

// What acledger.toml and the command line say together, as far as a running daemon can follow it.
class Settings {
 public:
  // `config`: the file that was named, or empty; `full_speed`: said on the command line, past any file.
  Settings(std::string config, std::string default_config, bool full_speed)
      : named_(std::move(config)), default_(std::move(default_config)), always_full_speed_(full_speed) {}

  // Reads the file; on an error (with line and reason) everything stays as it was.
  Expected<void> Read();

  const store::DaemonConfig& Daemon() const { return config_; }
  const store::UserPrincipals& Users() const { return users_; }
  const std::string& File() const { return named_.empty() ? default_ : named_; }
  PaceSettings Pace() const {
    return {.full_speed = always_full_speed_ || config_.full_speed, .waits_on_battery = config_.waits_on_battery};
  }
  // Keys whose value in the file is not the one of `begun`, and counts only from the next start.
  std::vector<std::string> NeedRestart(const store::DaemonConfig& begun) const;

 private:
  std::string named_, default_;
  bool always_full_speed_;
  store::DaemonConfig config_;
  store::UserPrincipals users_;
};

}  // namespace acledger::daemon
