// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "security/sid.h"

namespace acledger::setup {

struct GrantedRoot {
  security::Sid principal;
  std::string root;
  bool is_going = false;  // Being rolled back.
};

// The service's ledger: what is granted, or going to be. Setting it up never waits for the work itself.
//
// Threads: one at a time. Errors: kNotFound (nobody serves), kBusy (no answer in time), and what the service answers.
class Provisioning {
 public:
  using Tell = std::function<void(const std::string&)>;  // A line of progress.
  Provisioning() = default;
  virtual ~Provisioning() = default;
  Provisioning(const Provisioning&) = delete;
  Provisioning& operator=(const Provisioning&) = delete;

  // Waits until a service that has just been started answers.
  virtual Expected<void> Await() = 0;
  virtual Expected<std::vector<GrantedRoot>> Roots() = 0;
  // Recorded and queued when it returns; carried out in the background.
  virtual Expected<void> Queue(const security::Sid& principal, const std::string& root) = 0;
  // Everything of everyone, whoever holds it, and waits until it is proved to be gone; Roots() is empty then. An error
  // where it cannot go on: what is left is in the ledger.
  virtual Expected<void> RollBackAll(const Tell& tell) = 0;
};

}  // namespace acledger::setup
