// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "security/sid.h"
#include "setup/address_range.h"

namespace acledger::setup {

enum class Direction : std::uint8_t { kOutbound, kInbound };
enum class Protocol : std::uint8_t { kAny, kTcp, kUdp };

struct PortRange {
  std::uint16_t first = 0, last = 0;  // Both included.
  bool operator==(const PortRange&) const = default;
};

// A rule that blocks what one account sends or receives, in every profile of the firewall.
struct FirewallRule {
  std::string name;
  security::Sid account;
  Direction direction{};
  Protocol protocol{};
  AddressRanges remote_addresses;       // Empty: all.
  std::vector<PortRange> remote_ports;  // Ascending, none that overlap or touch; empty: all.
  bool operator==(const FirewallRule&) const = default;
};

// The rules of the system's firewall. What is found is as the system keeps it, in the words above.
//
// Threads: one at a time. Errors: kDenied, kInvalid (a rule that it does not take), kUnsupported (no firewall), kIo.
class Firewall {
 public:
  Firewall() = default;
  virtual ~Firewall() = default;
  Firewall(const Firewall&) = delete;
  Firewall& operator=(const Firewall&) = delete;

  // Enabled ones that block, by name. Several of one name, or one that does something else: kMismatch.
  virtual Expected<std::optional<FirewallRule>> Find(const std::string& name) = 0;
  virtual Expected<void> Put(const FirewallRule& rule) = 0;  // In place of the one of this name.
  virtual Expected<void> Remove(const std::string& name) = 0;
  // Why rules of this machine count for nothing: a group policy that allows none, or a profile that is off. Empty: they
  // count.
  virtual Expected<std::string> WhyRulesDoNotCount() = 0;
};

// Every port but these. Ports are given in any order, 0 is none.
std::vector<PortRange> AllPortsBut(std::vector<std::uint16_t> ports);

// What keeps an account off the network. Rules that block win over those that allow, so that what it may use (the
// proxies on this machine) is left out of them: nothing but the loopback ports in `proxies`.
std::vector<FirewallRule> OfflineRules(const std::string& account_name, const security::Sid& account,
                                       const std::vector<std::uint16_t>& proxies);

}  // namespace acledger::setup
