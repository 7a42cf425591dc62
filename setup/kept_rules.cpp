// SPDX-License-Identifier: MIT
#include "setup/kept_rules.h"

#include <algorithm>
#include <charconv>

#include "security/descriptor.h"
#include "security/sddl.h"
#include "setup/user_condition.h"

namespace acledger::setup {
namespace {

// icftypes.h.
constexpr long kInbound = 1, kOutbound = 2;
constexpr long kTcp = 6, kUdp = 17, kAnyProtocol = 256;
constexpr long kBlock = 0;
constexpr long kAllProfiles = 0x7fffffff, kEveryProfile = 7;  // Domain, private and public are all there are.
constexpr long kModifyOk = 0, kGroupPolicyOverrides = 1, kInboundIsBlocked = 2;

constexpr const char* kAll = "*";

bool MeansAll(const std::string& text) { return text.empty() || text == kAll || text == "All"; }

std::unexpected<Error> Otherwise(const KeptRule& rule, const std::string& why) {
  return std::unexpected(
      Error{ErrorKind::kMismatch, "look at the firewall rule", rule.name, 0, "it is not as we make it: " + why});
}

std::string PortText(const std::vector<PortRange>& ranges) {
  if (ranges.empty()) return kAll;
  std::string text;
  for (const PortRange& range : ranges) {
    text += (text.empty() ? "" : ",") + std::to_string(range.first);
    if (range.last != range.first) text += "-" + std::to_string(range.last);
  }
  return text;
}

std::optional<std::uint16_t> ReadPort(std::string_view text) {
  std::uint16_t port = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), port);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return port;
}

// In one form: ascending, merged. Nothing: not ports ("RPC", a range that runs backwards).
std::optional<std::vector<PortRange>> ReadPorts(std::string_view text) {
  std::vector<PortRange> ranges;
  for (;;) {
    const std::size_t end = text.find(',');
    const std::string_view part = text.substr(0, end);
    const std::size_t dash = part.find('-');
    const auto first = ReadPort(part.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : ReadPort(part.substr(dash + 1));
    if (!first || !last || *first > *last) return std::nullopt;
    ranges.push_back({*first, *last});
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  std::ranges::sort(ranges, {}, &PortRange::first);
  std::vector<PortRange> merged;
  for (const PortRange& range : ranges) {
    if (!merged.empty() && range.first <= merged.back().last + 1u)
      merged.back().last = std::max(merged.back().last, range.last);
    else
      merged.push_back(range);
  }
  return merged;
}

Expected<security::Sid> UserOf(const KeptRule& rule) {
  const auto descriptor = security::FromSddl(rule.local_user);
  if (!descriptor) return Otherwise(rule, "whom it is for cannot be read: " + rule.local_user);
  const auto user = UserInCondition(*descriptor);
  if (!user) return Otherwise(rule, "it is for others: " + rule.local_user);
  return *user;
}

// Why it does not block as ours do. Empty: it does.
std::string WhyItBlocksLess(const KeptRule& rule) {
  if (!rule.is_enabled) return "it is disabled";
  if (rule.action != kBlock) return "it does not block";
  if (rule.profiles != kAllProfiles && (rule.profiles & kEveryProfile) != kEveryProfile)
    return "it is not for every profile";
  for (const auto& [property, value] : rule.limits)
    if (!MeansAll(value)) return property + " limits it: " + value;
  return {};
}

}  // namespace

KeptRule ToKept(const FirewallRule& rule) {
  KeptRule kept;
  kept.name = rule.name;
  kept.local_user = UserConditionSddl(rule.account);
  kept.direction = rule.direction == Direction::kInbound ? kInbound : kOutbound;
  kept.protocol = rule.protocol == Protocol::kTcp ? kTcp : rule.protocol == Protocol::kUdp ? kUdp : kAnyProtocol;
  kept.remote_addresses = rule.remote_addresses.empty() ? kAll : ToText(rule.remote_addresses);
  kept.remote_ports = PortText(rule.remote_ports);
  kept.action = kBlock;
  kept.is_enabled = true;
  kept.profiles = kAllProfiles;
  return kept;
}

Expected<FirewallRule> FromKept(const KeptRule& kept) {
  if (const std::string why = WhyItBlocksLess(kept); !why.empty()) return Otherwise(kept, why);
  const auto user = UserOf(kept);
  if (!user) return std::unexpected(user.error());
  FirewallRule rule{kept.name, *user, Direction::kOutbound, Protocol::kAny, {}, {}};
  if (kept.direction != kInbound && kept.direction != kOutbound) return Otherwise(kept, "it has no direction");
  if (kept.direction == kInbound) rule.direction = Direction::kInbound;
  if (kept.protocol != kTcp && kept.protocol != kUdp && kept.protocol != kAnyProtocol)
    return Otherwise(kept, "it is for protocol " + std::to_string(kept.protocol));
  if (kept.protocol != kAnyProtocol) rule.protocol = kept.protocol == kTcp ? Protocol::kTcp : Protocol::kUdp;
  if (!MeansAll(kept.remote_addresses)) {
    auto addresses = ParseAddresses(kept.remote_addresses);
    if (!addresses) return Otherwise(kept, "it is for the addresses " + kept.remote_addresses);
    rule.remote_addresses = *std::move(addresses);
  }
  if (!MeansAll(kept.remote_ports)) {
    auto ports = ReadPorts(kept.remote_ports);
    if (!ports) return Otherwise(kept, "it is for the ports " + kept.remote_ports);
    rule.remote_ports = *std::move(ports);
  }
  return rule;
}

std::string WhyRulesDoNotCount(const FirewallState& state) {
  if (state.modify_state == kGroupPolicyOverrides) return "a group policy overrides the rules of this machine";
  if (state.modify_state != kModifyOk && state.modify_state != kInboundIsBlocked)
    return "Windows says of its rules something that we do not know: " + std::to_string(state.modify_state);
  if (!state.is_for_all_active) return "a group policy overrides the rules of this machine in a profile in use";
  std::string off;
  const auto add = [&off](bool is_on, const char* profile) {
    if (!is_on) off += (off.empty() ? "" : ", ") + std::string(profile);
  };
  add(state.domain_is_on, "domain");
  add(state.private_is_on, "private");
  add(state.public_is_on, "public");
  return off.empty() ? off : "the firewall is off for these profiles: " + off;
}

Expected<std::optional<FirewallRule>> KeptFirewall::Find(const std::string& name) {
  const auto found = rules_.Named(name);
  if (!found) return std::unexpected(found.error());
  if (found->empty()) return std::optional<FirewallRule>();
  if (found->size() > 1)
    return Otherwise(found->front(), "there are " + std::to_string(found->size()) + " of this name");
  const auto rule = FromKept(found->front());
  if (!rule) return std::unexpected(rule.error());
  return std::optional(*rule);
}

Expected<void> KeptFirewall::Put(const FirewallRule& rule) {
  const auto found = Find(rule.name);
  if (!found && found.error().kind != ErrorKind::kMismatch) return std::unexpected(found.error());
  if (found && *found) {
    FirewallRule same_but_ports = **found;
    same_but_ports.remote_ports = rule.remote_ports;
    if (same_but_ports == rule) return rules_.SetRemotePorts(rule.name, PortText(rule.remote_ports));
  }
  if (!found || *found)
    if (auto removed = Remove(rule.name); !removed) return removed;
  return rules_.Add(ToKept(rule));
}

Expected<void> KeptFirewall::Remove(const std::string& name) {
  auto found = rules_.Named(name);
  while (found && !found->empty()) {
    if (auto removed = rules_.Remove(name); !removed) return removed;
    auto left = rules_.Named(name);
    if (left && left->size() >= found->size())
      return std::unexpected(
          Error{ErrorKind::kNoEffect, "remove the firewall rule", name, 0, "it was removed, and is still there"});
    found = std::move(left);
  }
  if (!found) return std::unexpected(found.error());
  return {};
}

Expected<std::string> KeptFirewall::WhyRulesDoNotCount() {
  const auto state = rules_.State();
  if (!state) return std::unexpected(state.error());
  return setup::WhyRulesDoNotCount(*state);
}

}  // namespace acledger::setup
