// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "security/error.h"

namespace asio {
class io_context;
}

namespace acledger::daemon {

// Tells processes apart that had the same number at different times.
class ProcessTable {
 public:
  virtual ~ProcessTable() = default;

  // When the process began, in the system's own unit; never the same for another process of that number, also after the
  // system started anew. kNotFound: none runs (one that has ended and is not forgotten yet runs no more).
  virtual Expected<std::int64_t> CreationTime(std::uint32_t process) = 0;

  // Ends the wait when it goes.
  class Watch {
   public:
    virtual ~Watch() = default;
  };
  // Calls `ended` once on the io_context's thread when the process ends. Null where the system cannot say, or the
  // process has ended already: who needs to know asks now and then.
  virtual std::unique_ptr<Watch> WhenEnded(asio::io_context& io, std::uint32_t process,
                                           std::function<void()> ended) = 0;
};

// The one of this system.
std::unique_ptr<ProcessTable> SystemProcessTable();

}  // namespace acledger::daemon
