// SPDX-License-Identifier: MIT
#pragma once

#include <condition_variable>
#include <mutex>

#include "daemon/host/hosted.h"
#include "daemon/host/service_states.h"

namespace acledger::daemon {

// What the service control manager is told. Any thread, one call at a time.
class StatusSink {
 public:
  virtual ~StatusSink() = default;
  virtual Expected<void> Tell(const StatusReport& report) = 0;
};

// The life of a service: starts and runs what is hosted, does what the manager asks for, and reports every state, with
// checkpoints while one is pending. A report that the manager does not take is a line in the log and nothing more.
class ServiceRun {
 public:
  // Both must outlive the ServiceRun.
  ServiceRun(Hosted& hosted, StatusSink& sink);

  // From the first report to the last one. Once. What kept it from starting, or nothing.
  Expected<void> Run();

  // A control, on whatever thread the manager chooses; returns at once. `event` and `session` count for a session
  // change. Gives the code that the handler returns.
  std::uint32_t OnControl(Control control, SessionEvent event = SessionEvent::kOther, std::uint32_t session = 0);

 private:
  std::chrono::milliseconds Now() const;
  void Tell(const std::optional<StatusReport>& report);
  void WatchPending();
  void Do(Deed deed, SessionEvent event, std::uint32_t session);

  Hosted& hosted_;
  StatusSink& sink_;
  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  std::mutex mutex_;  // Held while the manager is told, so that reports leave in their order.
  std::condition_variable changed_;
  ServiceStates states_;
  bool is_over_ = false;
};

}  // namespace acledger::daemon
