// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string>

#include "setup/registry.h"
#include "tests/setup/fake_machine.h"

namespace acledger::setup {

// Keys by their paths; each has the keys above it.
class FakeRegistry final : public Registry {
 public:
  explicit FakeRegistry(FakeMachine& machine) : machine_(machine) {}
  std::map<std::string, std::map<std::string, RegistryValue>> keys = {{"SOFTWARE", {}}, {"SYSTEM", {}}};

  Expected<bool> HasKey(const std::string& key) override {
    if (machine_.Next() != Fault::kNone) return Broken();
    return keys.contains(key);
  }
  Expected<bool> IsEmpty(const std::string& key) override {
    if (machine_.Next() != Fault::kNone) return Broken();
    return IsEmptyNow(key);
  }
  Expected<void> RemoveEmptyKey(const std::string& key) override {
    if (!IsEmptyNow(key)) return Fail(ErrorKind::kMismatch, "remove", "something is in it");
    return machine_.Do([&] { keys.erase(key); });
  }
  Expected<std::optional<RegistryValue>> Find(const std::string& key, const std::string& name) override {
    if (machine_.Next() != Fault::kNone) return Broken();
    const auto found = keys.find(key);
    if (found == keys.end() || !found->second.contains(name)) return std::nullopt;
    return found->second.at(name);
  }
  Expected<void> Put(const std::string& key, const std::string& name, const RegistryValue& value) override {
    return machine_.Do([&] {
      for (std::size_t end = key.find('\\'); end != std::string::npos; end = key.find('\\', end + 1))
        keys[key.substr(0, end)];
      keys[key][name] = value;
    });
  }
  Expected<void> RemoveValue(const std::string& key, const std::string& name) override {
    return machine_.Do([&] { keys.at(key).erase(name); });
  }

 private:
  bool IsEmptyNow(const std::string& key) const {
    const auto below = keys.upper_bound(key + "\\");
    return keys.at(key).empty() && (below == keys.end() || !below->first.starts_with(key + "\\"));
  }
  FakeMachine& machine_;
};

}  // namespace acledger::setup
