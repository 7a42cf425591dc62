// SPDX-License-Identifier: MIT
#pragma once

#include "setup/services.h"

namespace acledger::setup {

class Win32Services final : public Services {
 public:
  Expected<std::optional<ServiceEntry>> Find(const std::string& name) override;
  Expected<void> Make(const ServiceEntry& entry) override;
  Expected<void> Change(const ServiceEntry& entry) override;
  Expected<void> Remove(const std::string& name) override;
  Expected<ServiceTrait> Trait(const std::string& name, const ServiceTrait& like) override;
  Expected<void> SetTrait(const std::string& name, const ServiceTrait& trait) override;
  Expected<bool> IsRunning(const std::string& name) override;
  Expected<void> Start(const std::string& name) override;
  Expected<void> Stop(const std::string& name) override;
};

}  // namespace acledger::setup
