// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "setup/firewall.h"

namespace acledger::setup {

// A rule as Windows' firewall keeps it: the properties of INetFwRule3, in its numbers and texts.
struct KeptRule {
  std::string name;
  std::string local_user;                      // SDDL of a descriptor: who may read (CC) is meant.
  long direction = 0;                          // 1: inbound, 2: outbound.
  long protocol = 0;                           // 6: TCP, 17: UDP, 256: any.
  std::string remote_addresses, remote_ports;  // "*": all.
  long action = 0;                             // 0: block, 1: allow.
  bool is_enabled = false;
  long profiles = 0;  // Bits; 0x7fffffff: all.
  // Whatever else makes it count for less, by the property's name. "", "*" and "All" are no limits.
  std::vector<std::pair<std::string, std::string>> limits;
};

// Whether rules of this machine count, as INetFwPolicy2 tells it.
struct FirewallState {
  long modify_state = 0;  // 0: they do, 1: a group policy overrides them, 2: all that comes in is blocked anyway.
  bool is_for_all_active = true;  // The profiles in use agree on that.
  bool domain_is_on = false, private_is_on = false, public_is_on = false;
};

// The rules of the system by name: what INetFwRules does, no more. A call that reports success may have had no effect.
//
// Threads and errors: as Firewall.
class KeptRules {
 public:
  KeptRules() = default;
  virtual ~KeptRules() = default;
  KeptRules(const KeptRules&) = delete;
  KeptRules& operator=(const KeptRules&) = delete;

  // Names need not be unique, and their case does not count.
  virtual Expected<std::vector<KeptRule>> Named(const std::string& name) = 0;
  virtual Expected<void> Add(const KeptRule& rule) = 0;
  // Of the rule of this name, in place: it blocks the one or the other at every moment.
  virtual Expected<void> SetRemotePorts(const std::string& name, const std::string& ports) = 0;
  // One rule of this name, or all.
  virtual Expected<void> Remove(const std::string& name) = 0;
  virtual Expected<FirewallState> State() = 0;
};

// The form in which a rule of ours is handed over.
KeptRule ToKept(const FirewallRule& rule);
// Our words for a rule, in whatever form Windows gives it back. kMismatch: it does something else (it is disabled, it
// allows, it is limited by something that ours never are, ...), with the reason.
Expected<FirewallRule> FromKept(const KeptRule& kept);
// Empty: they count.
std::string WhyRulesDoNotCount(const FirewallState& state);

// The firewall in our words, over the rules that Windows keeps. `rules` must outlive it.
class KeptFirewall final : public Firewall {
 public:
  explicit KeptFirewall(KeptRules& rules) : rules_(rules) {}

  Expected<std::optional<FirewallRule>> Find(const std::string& name) override;
  // A rule that differs in its ports only is changed in place: what it blocks before and after stays blocked. Any other
  // rule of the name is removed first.
  Expected<void> Put(const FirewallRule& rule) override;
  // All of the name. kNoEffect: calls reported success, and no fewer are there.
  Expected<void> Remove(const std::string& name) override;
  Expected<std::string> WhyRulesDoNotCount() override;

 private:
  KeptRules& rules_;
};

}  // namespace acledger::setup
