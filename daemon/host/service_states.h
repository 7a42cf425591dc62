// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "security/error.h"

namespace acledger::daemon {

// The numbers below are those of winsvc.h.
enum class ServiceState : std::uint8_t {
  kStopped = 1,
  kStartPending = 2,
  kStopPending = 3,
  kRunning = 4,
  kContinuePending = 5,
  kPausePending = 6,
  kPaused = 7,
};

// What the service control manager may send, as far as we know it.
enum class Control : std::uint8_t {
  kStop,
  kShutdown,
  kPreshutdown,
  kPause,
  kContinue,
  kInterrogate,
  kSessionChange,
  kOther,
};

// Bits of dwControlsAccepted.
inline constexpr std::uint32_t kAcceptStop = 0x1, kAcceptPauseContinue = 0x2, kAcceptShutdown = 0x4,
                               kAcceptSessionChange = 0x80, kAcceptPreshutdown = 0x100;

// One SetServiceStatus().
struct StatusReport {
  ServiceState state = ServiceState::kStopped;
  std::uint32_t accepts = 0;
  std::uint32_t exit_code = 0;      // A Win32 code; kServiceSpecific: the next field counts.
  std::uint32_t specific_code = 0;  // 1 + the ErrorKind.
  std::uint32_t checkpoint = 0;     // 0 but in a pending state.
  std::chrono::milliseconds wait_hint{};

  bool operator==(const StatusReport&) const = default;
};

inline constexpr std::uint32_t kServiceSpecific = 1066;

// The exit code that tells `services.msc`, the event log and `sc query` why.
StatusReport StoppedBecause(const std::optional<Error>& error);

// What to do about a control.
enum class Deed : std::uint8_t { kNothing, kStop, kPause, kContinue, kTellSession };
struct ControlAnswer {
  Deed deed = Deed::kNothing;
  std::optional<StatusReport> report{};
  std::uint32_t code = 0;  // What the handler returns.
};
inline constexpr std::uint32_t kNotImplemented = 120, kCannotAccept = 1061;

// Which state a service is in, what it accepts there, and what it reports when. Decides; calls nothing. What the
// manager sends is not believed to fit the state: it may be late, doubled, or never have been accepted. One thread at a
// time.
class ServiceStates {
 public:
  // The first report. While a pending state lasts, Tick() moves the checkpoint, but only for the patience of that
  // state: what hangs is to be seen hanging.
  StatusReport Begin(std::chrono::milliseconds now);
  std::optional<StatusReport> Tick(std::chrono::milliseconds now);

  ControlAnswer OnControl(Control control, std::chrono::milliseconds now);

  // What was begun has come about. Nothing is to be reported where something else was wanted meanwhile.
  std::optional<StatusReport> Started(std::chrono::milliseconds now);
  std::optional<StatusReport> Paused(std::chrono::milliseconds now);
  std::optional<StatusReport> Continued(std::chrono::milliseconds now);
  // Clients can pause and resume too.
  std::optional<StatusReport> Steered(bool paused, std::chrono::milliseconds now);
  // The last report; nothing may be told afterwards.
  std::optional<StatusReport> Ended(const std::optional<Error>& error);

  ServiceState State() const { return state_; }
  bool IsPending() const;

 private:
  StatusReport Enter(ServiceState state, std::chrono::milliseconds now);
  StatusReport Report() const;

  ServiceState state_ = ServiceState::kStopped;
  std::uint32_t checkpoint_ = 0;
  std::chrono::milliseconds entered_{};
  std::chrono::milliseconds ticked_{};
  bool ended_ = false;
};

}  // namespace acledger::daemon
