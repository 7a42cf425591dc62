// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "security/sid.h"
#include "setup/firewall.h"

namespace acledger::setup {

// As it is written: the first byte is the first pair of digits.
struct Guid {
  std::array<std::uint8_t, 16> bytes{};
  auto operator<=>(const Guid&) const = default;
};
std::string ToText(const Guid& guid);  // "00112233-4455-6677-8899-aabbccddeeff"

// Where the filtering platform asks its filters.
enum class FilterLayer : std::uint8_t {
  kConnectV4,  // A connection begins, or the first datagram goes to somebody.
  kConnectV6,
  kEndpointV4,  // A socket gets its local end; a raw one too. Knows no remote port.
  kEndpointV6,
};

// Blocks what one account does, always: it is persistent, and no other filter permits what it blocks. It is there while
// the base filtering engine runs, with the firewall's service off too.
struct Filter {
  Guid key;
  std::string name;
  security::Sid account;
  FilterLayer layer{};
  std::optional<std::uint8_t> protocol;   // Number of the protocol above IP. None: any.
  std::optional<PortRange> remote_ports;  // None: any.
  bool operator==(const Filter&) const = default;
};

// What all our filters belong to: a provider and a sublayer, one of each on a machine.
struct FilterHome {
  // The Windows service that stands for the provider: whenever the filtering engine starts, it turns the filters of a
  // provider off that names no service, or one that does not start by itself.
  std::string service;
  // It did so at its last start. Only told, never made.
  bool is_off = false;
};

// The filters of the system's filtering platform.
//
// Threads: one at a time. Errors: kNotFound (filters without their home), kDenied, kInvalid (a filter that it does not
// take), kBusy (the home still has filters; another changes them right now), kUnsupported (no such platform), kIo.
class Filters {
 public:
  Filters() = default;
  virtual ~Filters() = default;
  Filters(const Filters&) = delete;
  Filters& operator=(const Filters&) = delete;

  // kMismatch: half of it is there, or something else by our keys.
  virtual Expected<std::optional<FilterHome>> FindHome() = 0;
  // In one transaction; what there is of it stays as it is.
  virtual Expected<void> MakeHome(const FilterHome& home) = 0;
  // In one transaction, all that there is of it.
  virtual Expected<void> RemoveHome() = 0;

  // Those that are there, in the order of `keys`. kMismatch: one does something that ours never do, or is off.
  virtual Expected<std::vector<Filter>> Find(const std::vector<Guid>& keys) = 0;
  // In one transaction: removes what is there by `keys`, whatever it does, and adds `filters`.
  virtual Expected<void> Replace(const std::vector<Guid>& keys, const std::vector<Filter>& filters) = 0;
};

// What the firewall's rules do not cover for sure, blocked once more for the user's offline account, whoever it is for
// in the network, this machine included: ICMP, DNS, DNS over TLS, SMB, NetBIOS, by IPv4 and IPv6. Ascending by key. A
// proxy on one of these ports is out of its reach.
std::vector<Filter> OfflineFilters(const security::Sid& user, const std::string& account_name,
                                   const security::Sid& account);

// Every key that a version of ours has used for that user's account, or may yet use.
std::vector<Guid> OfflineFilterKeys(const security::Sid& user);

}  // namespace acledger::setup
