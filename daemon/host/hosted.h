// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>

#include "security/error.h"

namespace acledger::daemon {

// What happened to somebody's session on this machine.
enum class SessionEvent : std::uint8_t { kLogon, kLogoff, kOther };

// What a service manager, a terminal or a signal steers. Start(), Run(), Close() are called once, on one thread; others
// on any, from before Start() to the end.
class Hosted {
 public:
  virtual ~Hosted() = default;

  // Opens everything and begins to answer. May take minutes after an unclean stop.
  virtual Expected<void> Start() = 0;
  // Works until Stop().
  virtual void Run() = 0;

  // After Run(), or a Start() that failed: lets go of everything, so that another one can begin.
  virtual void Close() = 0;

  // Asks Run() to return (at once, where it has not begun); the batch is finished first. This and what follows returns
  // at once.
  virtual void Stop() = 0;
  // No job begins any more when it returns.
  virtual void Pause() = 0;
  virtual void Resume() = 0;
  // Whether something is being written at this moment: a pause is one only when this has ended.
  virtual bool IsAtWork() = 0;
  // Told on any thread when a client paused or resumed, or did so before the last end. Before Start().
  virtual void SetOnPaused(std::function<void(bool paused)> on_paused) = 0;
  virtual void SessionChanged(SessionEvent event, std::uint32_t session) = 0;
  // For the log.
  virtual void Trouble(const Error& error) = 0;
};

}  // namespace acledger::daemon
