// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "setup/firewall.h"
#include "tests/setup/fake_machine.h"

namespace acledger::setup {

// The firewall of a machine in memory; calls go wrong as the FakeMachine says.
class FakeFirewall final : public Firewall {
 public:
  explicit FakeFirewall(FakeMachine& machine) : machine_(machine) {}
  std::map<std::string, FirewallRule> rules;
  std::set<std::string> altered;  // By hand, into something that Find() does not know.
  std::string overridden;
  bool refuses_ports = false;
  std::vector<FirewallRule> put;

  Expected<std::optional<FirewallRule>> Find(const std::string& name) override {
    if (machine_.Next() != Fault::kNone) return Broken();
    if (altered.contains(name)) return Fail(ErrorKind::kMismatch, "find", "it allows");
    const auto found = rules.find(name);
    return found == rules.end() ? std::nullopt : std::optional(found->second);
  }
  Expected<void> Put(const FirewallRule& rule) override {
    if (refuses_ports && !rule.remote_ports.empty()) return Fail(ErrorKind::kInvalid, "put", "too many ports");
    return machine_.Do([&] { rules[rule.name] = rule, put.push_back(rule); });
  }
  Expected<void> Remove(const std::string& name) override {
    return machine_.Do([&] { rules.erase(name), altered.erase(name); });
  }
  Expected<std::string> WhyRulesDoNotCount() override {
    if (machine_.Next() != Fault::kNone) return Broken();
    return overridden;
  }

 private:
  FakeMachine& machine_;
};

}  // namespace acledger::setup
