// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "security/error.h"

namespace acledger::daemon {

using Deadline = std::chrono::steady_clock::time_point;

// A stream of bytes to a local server. One thread at a time. Each system has its own in posix/ and win32/.
class Connection {
 public:
  virtual ~Connection() = default;

  // Writes all of `bytes`. kBusy at the deadline (some may be written), kNotFound if the server is gone.
  virtual Expected<void> Write(std::string_view bytes, Deadline deadline) = 0;
  // At least one byte; 0 if the server has ended the connection. kBusy at the deadline.
  virtual Expected<std::size_t> Read(std::span<char> into, Deadline deadline) = 0;
  // Who made the server's end: kDenied unless it is the system's (root; SYSTEM or Administrators) or our own user.
  virtual Expected<void> CheckServer() = 0;
};

// kNotFound where nothing listens; kBusy if the server took nobody in before the deadline. Nothing is written.
// Windows: the server may impersonate us, so check it before the first Write().
Expected<std::unique_ptr<Connection>> OpenConnection(const std::string& endpoint, Deadline deadline);

}  // namespace acledger::daemon
