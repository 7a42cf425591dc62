// SPDX-License-Identifier: MIT
#include <windows.h>

#include <future>

#include "daemon/host/host.h"
#include "daemon/host/run.h"
#include "daemon/host/service_run.h"
#include "security/win32/system_error.h"

namespace acledger::daemon {
namespace {

Control ControlOf(DWORD code) {
  switch (code) {
    case SERVICE_CONTROL_STOP:
      return Control::kStop;
    case SERVICE_CONTROL_SHUTDOWN:
      return Control::kShutdown;
    case SERVICE_CONTROL_PRESHUTDOWN:
      return Control::kPreshutdown;
    case SERVICE_CONTROL_PAUSE:
      return Control::kPause;
    case SERVICE_CONTROL_CONTINUE:
      return Control::kContinue;
    case SERVICE_CONTROL_INTERROGATE:
      return Control::kInterrogate;
    case SERVICE_CONTROL_SESSIONCHANGE:
      return Control::kSessionChange;
    default:
      return Control::kOther;
  }
}

SessionEvent EventOf(DWORD type) {
  if (type == WTS_SESSION_LOGON) return SessionEvent::kLogon;
  return type == WTS_SESSION_LOGOFF ? SessionEvent::kLogoff : SessionEvent::kOther;
}

class Scm final : public StatusSink {
 public:
  void Set(SERVICE_STATUS_HANDLE handle) { handle_ = handle; }
  Expected<void> Tell(const StatusReport& report) override;

 private:
  SERVICE_STATUS_HANDLE handle_ = nullptr;
};

Expected<void> Scm::Tell(const StatusReport& report) {
  SERVICE_STATUS status{.dwServiceType = SERVICE_WIN32_OWN_PROCESS,
                        .dwCurrentState = static_cast<DWORD>(report.state),
                        .dwControlsAccepted = report.accepts,
                        .dwWin32ExitCode = report.exit_code,
                        .dwServiceSpecificExitCode = report.specific_code,
                        .dwCheckPoint = report.checkpoint,
                        .dwWaitHint = static_cast<DWORD>(report.wait_hint.count())};
  if (!SetServiceStatus(handle_, &status)) return std::unexpected(win32::LastError("report the service's state"));
  return {};
}

struct Process {
  explicit Process(const DaemonOptions& options) : host(options), run(host, scm) {}

  Host host;
  Scm scm;
  ServiceRun run;
  Expected<void> ran;
  std::promise<void> returned;  // From ServiceMain().
};

// ServiceMain() gets no context of ours.
Process* g_process = nullptr;

DWORD WINAPI OnScmControl(DWORD control, DWORD type, void* data, void* context) {
  auto& run = *static_cast<ServiceRun*>(context);
  if (control != SERVICE_CONTROL_SESSIONCHANGE || !data) return run.OnControl(ControlOf(control));
  const auto& session = *static_cast<const WTSSESSION_NOTIFICATION*>(data);
  return run.OnControl(Control::kSessionChange, EventOf(type), session.dwSessionId);
}

void WINAPI ServiceMain(DWORD count, wchar_t** words) {
  Process& process = *g_process;
  wchar_t nameless[] = L"";  // In a process of its own, the name does not count.
  const SERVICE_STATUS_HANDLE handle =
      RegisterServiceCtrlHandlerExW(count > 0 ? words[0] : nameless, OnScmControl, &process.run);
  if (handle) {
    process.scm.Set(handle);
    process.ran = process.run.Run();
  } else {
    process.ran = std::unexpected(win32::LastError("register for the service's controls"));
  }
  process.returned.set_value();
}

}  // namespace

Expected<void> RunService(const DaemonOptions& options) {
  Process process(options);
  g_process = &process;
  wchar_t nameless[] = L"";
  const SERVICE_TABLE_ENTRYW table[] = {{nameless, ServiceMain}, {nullptr, nullptr}};
  if (StartServiceCtrlDispatcherW(table)) {
    // The dispatcher returns, and calls nothing any more, as soon as the last state is told: ServiceMain() may be about
    // to return.
    process.returned.get_future().wait();
    return process.ran;
  }
  Error error = win32::LastError("run as a service");
  if (error.code == ERROR_FAILED_SERVICE_CONTROLLER_CONNECT) {
    error.kind = ErrorKind::kInvalid;
    error.reason = "the service control manager did not start this process: use --foreground";
  }
  return std::unexpected(std::move(error));
}

}  // namespace acledger::daemon
