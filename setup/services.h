// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "security/error.h"

namespace acledger::setup {

// What the service control manager keeps of a service that runs as LocalSystem in a process of its own.
struct ServiceConfig {
  std::string name, display_name, description;
  std::string command;                  // As it is started: the program's path in quotation marks, and its words.
  std::vector<std::string> privileges;  // That its token keeps, "SeBackupPrivilege", ascending.
  std::vector<std::chrono::seconds>
      restarts_after;  // A failure, the first, second, ... time; the last one for all more.
  bool is_delayed_start = false;
  bool has_own_sid = false;  // "NT SERVICE\name" in its token.
  bool operator==(const ServiceConfig&) const = default;
};

// The services of this machine.
//
// Threads: one at a time. Errors: kNotFound, kDenied, kMismatch (there is one already), kBusy (marked for deletion),
// kIo.
class Services {
 public:
  Services() = default;
  virtual ~Services() = default;
  Services(const Services&) = delete;
  Services& operator=(const Services&) = delete;

  virtual Expected<std::optional<ServiceConfig>> Find(const std::string& name) = 0;
  virtual Expected<void> Make(const ServiceConfig& config) = 0;
  virtual Expected<void> Change(const ServiceConfig& config) = 0;
  virtual Expected<void> Remove(const std::string& name) = 0;

  virtual Expected<bool> IsRunning(const std::string& name) = 0;
  // Waits until it runs or has stopped; kBusy where that takes too long.
  virtual Expected<void> Start(const std::string& name) = 0;
  virtual Expected<void> Stop(const std::string& name) = 0;
};

}  // namespace acledger::setup
