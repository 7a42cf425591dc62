// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "security/error.h"

namespace acledger::setup {

// A service that runs as LocalSystem in a process of its own and starts with the system.
struct ServiceEntry {
  std::string name, display_name, description;
  std::string command;    // As it is started: the program's path in quotation marks, and its words.
  bool is_other = false;  // It starts otherwise than by itself, in another process or as somebody else.
  bool operator==(const ServiceEntry&) const = default;
};

// What the service control manager keeps beside the entry.
struct RequiredPrivileges {  // That its token keeps: "SeBackupPrivilege", ascending.
  std::vector<std::string> names;
  bool operator==(const RequiredPrivileges&) const = default;
};
struct RestartsAfter {  // A failure the first, second, ... time; the last one for all more. Also where it ends by
                        // itself.
  std::vector<std::chrono::seconds> waits;
  bool operator==(const RestartsAfter&) const = default;
};
struct DelayedStart {  // Behind the services that the system's start waits for.
  bool is_delayed = false;
  bool operator==(const DelayedStart&) const = default;
};
struct OwnSid {  // "NT SERVICE\name" in its token.
  bool has_one = false;
  bool operator==(const OwnSid&) const = default;
};
using ServiceTrait = std::variant<RequiredPrivileges, RestartsAfter, DelayedStart, OwnSid>;

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

  virtual Expected<std::optional<ServiceEntry>> Find(const std::string& name) = 0;
  virtual Expected<void> Make(const ServiceEntry& entry) = 0;
  virtual Expected<void> Change(const ServiceEntry& entry) = 0;
  virtual Expected<void> Remove(const std::string& name) = 0;

  // Of the kind that `like` is, as the system has it now. kUnsupported: it keeps none of that kind.
  virtual Expected<ServiceTrait> Trait(const std::string& name, const ServiceTrait& like) = 0;
  virtual Expected<void> SetTrait(const std::string& name, const ServiceTrait& trait) = 0;

  // Once it is no longer on its way to either.
  virtual Expected<bool> IsRunning(const std::string& name) = 0;
  // Waits until it runs or has stopped; kBusy where that takes too long.
  virtual Expected<void> Start(const std::string& name) = 0;
  virtual Expected<void> Stop(const std::string& name) = 0;
};

}  // namespace acledger::setup
