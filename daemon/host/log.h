// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include "security/error.h"
#include "store/config.h"

namespace acledger::daemon {

// Where the daemon writes down what it does. Any thread. A line that cannot be written (a full disk) is lost: the log
// must not end the service.
class Log {
 public:
  struct Place {
    std::string file;         // Rotated: 5 of 1 MiB. Empty: stderr. Its folder is made where it is missing.
    bool system_log = false;  // Warnings, errors and announcements go to the system's event log too, where it has one.
  };
  static Expected<std::unique_ptr<Log>> Open(const Place& place);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  void SetLevel(store::LogLevel level);
  void Write(store::LogLevel level, const std::string& line);
  // The start and the end: written whatever the level.
  void Announce(const std::string& line);

 private:
  class Sinks;
  explicit Log(std::unique_ptr<Sinks> sinks);
  std::unique_ptr<Sinks> sinks_;
};

}  // namespace acledger::daemon
