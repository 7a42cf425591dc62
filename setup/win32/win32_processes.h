// SPDX-License-Identifier: MIT
#pragma once

#include "setup/processes.h"

namespace acledger::setup {

// Needs SeDebugPrivilege for what other users' processes are: enable it first.
class Win32Processes final : public Processes {
 public:
  Expected<std::vector<std::uint32_t>> Of(const security::Sid& user) override;
  Expected<void> End(std::uint32_t process, const security::Sid& user) override;
};

}  // namespace acledger::setup
