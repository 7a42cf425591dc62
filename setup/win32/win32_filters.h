// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "setup/filters.h"
#include "setup/win32/fwp_api.h"

namespace acledger::setup {

// The filtering platform of Windows. Each call is a session of its own: what is read is what the engine has then, not
// what this process has asked for. Needs an administrator.
class Win32Filters final : public Filters {
 public:
  Win32Filters() : api_(LoadFwpApi()) {}
  explicit Win32Filters(const FwpApi& api) : api_(api) {}

  Expected<std::optional<FilterHome>> FindHome() override;
  Expected<void> MakeHome(const FilterHome& home) override;
  Expected<void> RemoveHome() override;
  Expected<std::vector<Filter>> Find(const std::vector<Guid>& keys) override;
  Expected<void> Replace(const std::vector<Guid>& keys, const std::vector<Filter>& filters) override;

 private:
  const Expected<FwpApi> api_;
};

}  // namespace acledger::setup
