// SPDX-License-Identifier: MIT
#include "daemon/host/service_states.h"

#include <utility>

namespace acledger::daemon {
namespace {

using std::chrono::milliseconds;

// The manager looks again within a tenth of the hint, at least each second; we move the checkpoint well before it is
// over.
constexpr milliseconds kWaitHint{10'000};
constexpr milliseconds kBetweenCheckpoints{2'000};

// Settling a large ledger after an unclean stop takes longest.
milliseconds PatienceOf(ServiceState state) {
  return state == ServiceState::kStartPending ? std::chrono::minutes(10) : std::chrono::minutes(2);
}

std::uint32_t AcceptedIn(ServiceState state) {
  constexpr std::uint32_t kEnds = kAcceptStop | kAcceptShutdown | kAcceptPreshutdown;
  switch (state) {
    case ServiceState::kRunning:
    case ServiceState::kPaused:
      return kEnds | kAcceptPauseContinue | kAcceptSessionChange;
    case ServiceState::kPausePending:
    case ServiceState::kContinuePending:
      return kEnds | kAcceptSessionChange;
    case ServiceState::kStopped:
    case ServiceState::kStartPending:
    case ServiceState::kStopPending:
      break;
  }
  return 0;
}

// ERROR_... of winerror.h; 0: there is none that says it.
std::uint32_t Win32CodeOf(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kInvalid:
      return 87;  // ERROR_INVALID_PARAMETER
    case ErrorKind::kNotFound:
      return 2;  // ERROR_FILE_NOT_FOUND
    case ErrorKind::kDenied:
      return 5;  // ERROR_ACCESS_DENIED
    case ErrorKind::kBusy:
      return 170;  // ERROR_BUSY
    case ErrorKind::kUnsupported:
      return 50;  // ERROR_NOT_SUPPORTED
    case ErrorKind::kReadOnly:
      return 19;  // ERROR_WRITE_PROTECT
    case ErrorKind::kNoSpace:
      return 112;  // ERROR_DISK_FULL
    case ErrorKind::kTooLarge:
    case ErrorKind::kCorrupt:
    case ErrorKind::kMismatch:
    case ErrorKind::kNoEffect:
    case ErrorKind::kIo:
      break;
  }
  return 0;
}

}  // namespace

StatusReport StoppedBecause(const std::optional<Error>& error) {
  StatusReport report;
  if (!error) return report;
  report.exit_code = Win32CodeOf(error->kind);
  if (report.exit_code != 0) return report;
  report.exit_code = kServiceSpecific;
  report.specific_code = 1 + static_cast<std::uint32_t>(error->kind);
  return report;
}

bool ServiceStates::IsPending() const {
  return state_ == ServiceState::kStartPending || state_ == ServiceState::kStopPending ||
         state_ == ServiceState::kPausePending || state_ == ServiceState::kContinuePending;
}

StatusReport ServiceStates::Report() const {
  StatusReport report{.state = state_, .accepts = AcceptedIn(state_)};
  if (IsPending()) {
    report.checkpoint = checkpoint_;
    report.wait_hint = kWaitHint;
  }
  return report;
}

StatusReport ServiceStates::Enter(ServiceState state, milliseconds now) {
  state_ = state;
  checkpoint_ = 1;
  entered_ = ticked_ = now;
  return Report();
}

StatusReport ServiceStates::Begin(milliseconds now) { return Enter(ServiceState::kStartPending, now); }

std::optional<StatusReport> ServiceStates::Tick(milliseconds now) {
  if (!IsPending() || now - ticked_ < kBetweenCheckpoints || now - entered_ > PatienceOf(state_)) return std::nullopt;
  ticked_ = now;
  ++checkpoint_;
  return Report();
}

ControlAnswer ServiceStates::OnControl(Control control, milliseconds now) {
  const bool is_over = ended_ || state_ == ServiceState::kStopped;
  if (is_over) return {.code = kCannotAccept};
  const bool is_stopping = state_ == ServiceState::kStopPending;
  switch (control) {
    case Control::kInterrogate:
      return {.report = Report()};
    case Control::kStop:
    case Control::kShutdown:
    case Control::kPreshutdown:
      if (is_stopping) return {.report = Report()};
      return {Deed::kStop, Enter(ServiceState::kStopPending, now)};
    case Control::kPause:
      if (is_stopping || state_ == ServiceState::kStartPending) return {.code = kCannotAccept};
      if (state_ == ServiceState::kPaused || state_ == ServiceState::kPausePending) return {.report = Report()};
      return {Deed::kPause, Enter(ServiceState::kPausePending, now)};
    case Control::kContinue:
      if (is_stopping || state_ == ServiceState::kStartPending) return {.code = kCannotAccept};
      if (state_ == ServiceState::kRunning || state_ == ServiceState::kContinuePending) return {.report = Report()};
      return {Deed::kContinue, Enter(ServiceState::kContinuePending, now)};
    case Control::kSessionChange:
      return {.deed = is_stopping ? Deed::kNothing : Deed::kTellSession};
    case Control::kOther:
      break;
  }
  return {.code = kNotImplemented};
}

std::optional<StatusReport> ServiceStates::Started(milliseconds now) {
  if (state_ != ServiceState::kStartPending) return std::nullopt;
  return Enter(ServiceState::kRunning, now);
}

std::optional<StatusReport> ServiceStates::Paused(milliseconds now) {
  if (state_ != ServiceState::kPausePending) return std::nullopt;
  return Enter(ServiceState::kPaused, now);
}

std::optional<StatusReport> ServiceStates::Continued(milliseconds now) {
  if (state_ != ServiceState::kContinuePending) return std::nullopt;
  return Enter(ServiceState::kRunning, now);
}

std::optional<StatusReport> ServiceStates::Steered(bool paused, milliseconds now) {
  if (paused && state_ == ServiceState::kRunning) return Enter(ServiceState::kPausePending, now);
  const bool may_go_on = state_ == ServiceState::kPaused || state_ == ServiceState::kPausePending;
  if (!paused && may_go_on) return Enter(ServiceState::kRunning, now);
  return std::nullopt;
}

std::optional<StatusReport> ServiceStates::Ended(const std::optional<Error>& error) {
  if (std::exchange(ended_, true)) return std::nullopt;
  state_ = ServiceState::kStopped;
  return StoppedBecause(error);
}

}  // namespace acledger::daemon
