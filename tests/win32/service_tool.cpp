// SPDX-License-Identifier: MIT
// What Wine's sc.exe lacks: service_tool create NAME COMMAND | start NAME | stop NAME | pause NAME | continue NAME |
// interrogate NAME | unknown NAME | query NAME | delete NAME. `query` prints "state accepts exit-code specific-code".
// Errors go to stderr.
#include <windows.h>
// After windows.h.
#include <shellapi.h>

#include <cstdio>
#include <string>

namespace {

struct ServiceHandle {
  SC_HANDLE handle;
  explicit ServiceHandle(SC_HANDLE one) : handle(one) {}
  ~ServiceHandle() {
    if (handle) CloseServiceHandle(handle);
  }
  ServiceHandle(const ServiceHandle&) = delete;
  ServiceHandle& operator=(const ServiceHandle&) = delete;
};

int Failed(const char* what) {
  std::fprintf(stderr, "service_tool: %s: error %lu\n", what, GetLastError());
  return 1;
}

int Create(SC_HANDLE manager, const wchar_t* name, const wchar_t* command) {
  const ServiceHandle service(CreateServiceW(manager, name, name, SERVICE_ALL_ACCESS, SERVICE_WIN32_OWN_PROCESS,
                                             SERVICE_DEMAND_START, SERVICE_ERROR_NORMAL, command, nullptr, nullptr,
                                             nullptr, nullptr, nullptr));
  return service.handle ? 0 : Failed("create");
}

int Query(SC_HANDLE service) {
  SERVICE_STATUS_PROCESS status{};
  DWORD size = 0;
  if (!QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, reinterpret_cast<BYTE*>(&status), sizeof status, &size))
    return Failed("query");
  std::printf("%lu %lu %lu %lu\n", status.dwCurrentState, status.dwControlsAccepted, status.dwWin32ExitCode,
              status.dwServiceSpecificExitCode);
  return 0;
}

int Control(SC_HANDLE service, DWORD control) {
  SERVICE_STATUS status{};
  return ControlService(service, control, &status) ? 0 : Failed("control");
}

int Do(const std::wstring& verb, SC_HANDLE service) {
  if (verb == L"query") return Query(service);
  if (verb == L"start") return StartServiceW(service, 0, nullptr) ? 0 : Failed("start");
  if (verb == L"stop") return Control(service, SERVICE_CONTROL_STOP);
  if (verb == L"pause") return Control(service, SERVICE_CONTROL_PAUSE);
  if (verb == L"continue") return Control(service, SERVICE_CONTROL_CONTINUE);
  if (verb == L"interrogate") return Control(service, SERVICE_CONTROL_INTERROGATE);
  if (verb == L"unknown") return Control(service, 200);
  if (verb == L"delete") return DeleteService(service) ? 0 : Failed("delete");
  std::fputs("service_tool: no such verb\n", stderr);
  return 2;
}

}  // namespace

int main() {
  int count = 0;
  wchar_t** words = CommandLineToArgvW(GetCommandLineW(), &count);
  if (!words || count < 3) return 2;
  const ServiceHandle manager(OpenSCManagerW(nullptr, nullptr, SC_MANAGER_ALL_ACCESS));
  if (!manager.handle) return Failed("open the service control manager");
  const std::wstring verb = words[1];
  if (verb == L"create") return count == 4 ? Create(manager.handle, words[2], words[3]) : 2;
  const ServiceHandle service(OpenServiceW(manager.handle, words[2], SERVICE_ALL_ACCESS));
  return service.handle ? Do(verb, service.handle) : Failed("open the service");
}
