// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <type_traits>

#include "setup/services.h"
#include "tests/setup/fake_machine.h"

namespace acledger::setup {

class FakeServices final : public Services {
 public:
  explicit FakeServices(FakeMachine& machine) : machine_(machine) {}
  struct Service {
    ServiceEntry entry;
    std::map<std::size_t, ServiceTrait> traits;
    bool is_running = false;
  };
  std::map<std::string, Service> services;

  Expected<std::optional<ServiceEntry>> Find(const std::string& name) override {
    if (machine_.Next() != Fault::kNone) return Broken();
    const auto found = services.find(name);
    return found == services.end() ? std::nullopt : std::optional(found->second.entry);
  }
  Expected<void> Make(const ServiceEntry& entry) override {
    return machine_.Do([&] { services[entry.name] = {entry, {}, false}; });
  }
  Expected<void> Change(const ServiceEntry& entry) override {
    return machine_.Do([&] { services.at(entry.name).entry = entry; });
  }
  Expected<void> Remove(const std::string& name) override {
    return machine_.Do([&] { services.erase(name); });
  }
  Expected<ServiceTrait> Trait(const std::string& name, const ServiceTrait& like) override {
    if (machine_.Next() != Fault::kNone) return Broken();
    if (!services.contains(name)) return Fail(ErrorKind::kNotFound, "ask", "no such service");
    const auto& traits = services.at(name).traits;
    const auto found = traits.find(like.index());
    if (found != traits.end()) return found->second;
    return std::visit([](const auto& one) -> ServiceTrait { return std::decay_t<decltype(one)>{}; }, like);
  }
  Expected<void> SetTrait(const std::string& name, const ServiceTrait& trait) override {
    return machine_.Do([&] { services.at(name).traits[trait.index()] = trait; });
  }
  Expected<bool> IsRunning(const std::string& name) override {
    if (machine_.Next() != Fault::kNone) return Broken();
    if (!services.contains(name)) return Fail(ErrorKind::kNotFound, "ask", "no such service");
    return services.at(name).is_running;
  }
  Expected<void> Start(const std::string& name) override {
    return machine_.Do([&] { services.at(name).is_running = true; });
  }
  Expected<void> Stop(const std::string& name) override {
    return machine_.Do([&] { services.at(name).is_running = false; });
  }

 private:
  FakeMachine& machine_;
};

}  // namespace acledger::setup
