// SPDX-License-Identifier: MIT
// The table [daemon] of acledger.toml.
#include <array>

#include "store/config_keys.h"

namespace acledger::store::config {
namespace {

constexpr std::int64_t kMostHours = 24 * 366;
constexpr std::int64_t kMostClients = 4096;

Problem TakeNumber(const toml::node& node, std::int64_t least, std::int64_t most, unsigned& out) {
  const auto* number = node.as_integer();
  if (number == nullptr || number->get() < least || number->get() > most)
    return "a number between " + std::to_string(least) + " and " + std::to_string(most) + " is wanted";
  out = static_cast<unsigned>(number->get());
  return {};
}

Problem TakeLogLevel(const toml::node& node, DaemonConfig& config) {
  constexpr std::array kLevels{LogLevel::kError, LogLevel::kWarning, LogLevel::kInfo, LogLevel::kDebug};
  const auto* text = node.as_string();
  for (const LogLevel level : kLevels) {
    if (text == nullptr || text->get() != Name(level)) continue;
    config.log_level = level;
    return {};
  }
  return R"("error", "warning", "info" or "debug" is wanted)";
}

Problem TakeFullSpeed(const toml::node& node, DaemonConfig& config) {
  const auto* flag = node.as_boolean();
  if (flag == nullptr) return "true or false is wanted";
  config.full_speed = flag->get();
  return {};
}

Problem TakeOnBattery(const toml::node& node, DaemonConfig& config) {
  const auto* text = node.as_string();
  if (text == nullptr || (text->get() != "wait" && text->get() != "go")) return R"("wait" or "go" is wanted)";
  config.waits_on_battery = text->get() == "wait";
  return {};
}

Problem TakeVerifyHours(const toml::node& node, DaemonConfig& config) {
  return TakeNumber(node, 0, kMostHours, config.verify_hours);
}

Problem TakeMaxClients(const toml::node& node, DaemonConfig& config) {
  return TakeNumber(node, 1, kMostClients, config.max_clients);
}

constexpr std::array kKeys{
    Key<DaemonConfig>{"log_level", TakeLogLevel},     Key<DaemonConfig>{"full_speed", TakeFullSpeed},
    Key<DaemonConfig>{"on_battery", TakeOnBattery},   Key<DaemonConfig>{"verify_hours", TakeVerifyHours},
    Key<DaemonConfig>{"max_clients", TakeMaxClients},
};

}  // namespace

std::optional<Mistake> TakeDaemon(const toml::node& node, Config& config) {
  const auto* table = node.as_table();
  if (table == nullptr) return Mistake{"daemon: a table is wanted, [daemon]"};
  return TakeKeys<DaemonConfig>(*table, kKeys, "daemon.", config.daemon);
}

}  // namespace acledger::store::config
