// SPDX-License-Identifier: MIT
#include "setup/filters.h"

#include <charconv>

namespace acledger::setup {
namespace {

constexpr std::uint16_t kMostFilters = 64;  // Of one account, in all versions. Never less than before.

constexpr std::uint8_t kIcmp = 1, kIcmpV6 = 58;

// By the RID, as the account's name, and a number that a filter keeps for good: what is to be undone is found without
// the account, which may be gone. The rest says that it is ours (a UUID of version 8, RFC 9562).
Guid KeyOf(const security::Sid& user, std::uint16_t number) {
  const std::uint32_t rid = user.SubAuthorityCount() == 0 ? 0 : user.SubAuthority(user.SubAuthorityCount() - 1);
  Guid key{{0, 0, 0, 0, 0, 0, 0x8a, 0xc1, 0x9e, 0xd6, 0xe5, 0x0f, 0xf1, 0x17, 0xe5, 0x01}};
  for (unsigned i = 0; i < 4; ++i) key.bytes[i] = static_cast<std::uint8_t>(rid >> (24 - 8 * i));
  key.bytes[4] = static_cast<std::uint8_t>(number >> 8);
  key.bytes[5] = static_cast<std::uint8_t>(number);
  return key;
}

}  // namespace

std::string ToText(const Guid& guid) {
  std::string text;
  for (std::size_t i = 0; i < guid.bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += "0123456789abcdef"[guid.bytes[i] >> 4];
    text += "0123456789abcdef"[guid.bytes[i] & 0xF];
  }
  return text;
}

std::vector<Filter> OfflineFilters(const security::Sid& user, const std::string& account_name,
                                   const security::Sid& account) {
  std::vector<Filter> filters;
  std::uint16_t number = 0;
  const auto add = [&](const std::string& what, FilterLayer layer, std::optional<std::uint8_t> protocol,
                       std::optional<PortRange> ports) {
    filters.push_back(
        {KeyOf(user, ++number), "acledger " + account_name + " " + what, account, layer, protocol, ports});
  };
  // The order is the numbers: what is new goes to the end.
  add("ICMP", FilterLayer::kConnectV4, kIcmp, std::nullopt);
  add("ICMPv6", FilterLayer::kConnectV6, kIcmpV6, std::nullopt);
  add("ICMP sockets", FilterLayer::kEndpointV4, kIcmp, std::nullopt);
  add("ICMPv6 sockets", FilterLayer::kEndpointV6, kIcmpV6, std::nullopt);
  const auto add_ports = [&](const std::string& what, PortRange ports) {
    add(what, FilterLayer::kConnectV4, std::nullopt, ports);
    add(what + " (IPv6)", FilterLayer::kConnectV6, std::nullopt, ports);
  };
  add_ports("DNS", {53, 53});
  add_ports("DNS over TLS", {853, 853});
  add_ports("SMB", {445, 445});
  add_ports("NetBIOS", {137, 139});
  return filters;
}

std::vector<Guid> OfflineFilterKeys(const security::Sid& user) {
  std::vector<Guid> keys;
  for (std::uint16_t number = 1; number <= kMostFilters; ++number) keys.push_back(KeyOf(user, number));
  return keys;
}

}  // namespace acledger::setup
