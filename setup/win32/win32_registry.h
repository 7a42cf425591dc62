// SPDX-License-Identifier: MIT
#pragma once

#include "setup/registry.h"

namespace acledger::setup {

class Win32Registry final : public Registry {
 public:
  Expected<bool> HasKey(const std::string& key) override;
  Expected<bool> IsEmpty(const std::string& key) override;
  Expected<void> RemoveEmptyKey(const std::string& key) override;
  Expected<std::optional<RegistryValue>> Find(const std::string& key, const std::string& name) override;
  Expected<void> Put(const std::string& key, const std::string& name, const RegistryValue& value) override;
  Expected<void> RemoveValue(const std::string& key, const std::string& name) override;
};

}  // namespace acledger::setup
