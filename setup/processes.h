// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "security/sid.h"

namespace acledger::setup {

// The processes of this machine, by the user of their token.
//
// Threads: one at a time. Errors: kDenied (a process of the user cannot be looked at or ended), kIo.
class Processes {
 public:
  Processes() = default;
  virtual ~Processes() = default;
  Processes(const Processes&) = delete;
  Processes& operator=(const Processes&) = delete;

  virtual Expected<std::vector<std::uint32_t>> Of(const security::Sid& user) = 0;
  // Good where it has ended already, also where its number is another user's process by now. Waits until it is gone;
  // kBusy where that takes too long.
  virtual Expected<void> End(std::uint32_t process, const security::Sid& user) = 0;
};

}  // namespace acledger::setup
