// SPDX-License-Identifier: MIT
#include "setup/firewall.h"

#include <algorithm>

namespace acledger::setup {
namespace {

constexpr std::uint16_t kLastPort = 65535;

// Windows takes ::1 as part of a prefix only (seen in others' tests on Windows); `::` leads there too.
const AddressRanges& Loopback() {
  static const AddressRanges addresses = ParseAddresses("127.0.0.0/8,::/127").value();
  return addresses;
}
const AddressRanges& AllButLoopback() {
  static const AddressRanges addresses = ParseAddresses(
                                             "0.0.0.0-126.255.255.255,128.0.0.0-255.255.255.255,"
                                             "::,::2-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")
                                             .value();
  return addresses;
}

}  // namespace

std::vector<PortRange> AllPortsBut(std::vector<std::uint16_t> ports) {
  std::ranges::sort(ports);
  std::vector<PortRange> ranges;
  std::uint32_t next = 1;
  for (const std::uint16_t port : ports) {
    if (port > next) ranges.push_back({static_cast<std::uint16_t>(next), static_cast<std::uint16_t>(port - 1)});
    if (port >= next) next = port + 1u;
  }
  if (next <= kLastPort) ranges.push_back({static_cast<std::uint16_t>(next), kLastPort});
  return ranges;
}

std::vector<FirewallRule> OfflineRules(const std::string& account_name, const security::Sid& account,
                                       const std::vector<std::uint16_t>& proxies) {
  const auto rule = [&](const char* what, Direction direction, Protocol protocol, const AddressRanges& addresses) {
    return FirewallRule{"acledger " + account_name + " " + what, account, direction, protocol, addresses, {}};
  };
  std::vector<FirewallRule> rules = {
      rule("outbound", Direction::kOutbound, Protocol::kAny, AllButLoopback()),
      rule("inbound", Direction::kInbound, Protocol::kAny, {}),
      rule("loopback UDP", Direction::kOutbound, Protocol::kUdp, Loopback()),
      rule("loopback TCP", Direction::kOutbound, Protocol::kTcp, Loopback()),
  };
  if (const std::vector<PortRange> ports = AllPortsBut(proxies); ports != AllPortsBut({}))
    rules.back().remote_ports = ports;
  return rules;
}

}  // namespace acledger::setup
