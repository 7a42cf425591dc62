// SPDX-License-Identifier: MIT
#include "setup/win32/win32_services.h"

#include <thread>
#include <vector>

#include "security/win32/system_error.h"
#include "setup/win32/service_handle.h"
#include "setup/win32/wide.h"

namespace acledger::setup {
namespace {

using win32::LastError;

constexpr auto kPatience = std::chrono::minutes(2);
constexpr auto kBetweenLooks = std::chrono::milliseconds(100);
constexpr wchar_t kSystem[] = L"LocalSystem";

Expected<std::vector<std::uint8_t>> ConfigOf(SC_HANDLE service) {
  std::vector<std::uint8_t> buffer(8192);
  DWORD needed = 0;
  if (!QueryServiceConfigW(service, reinterpret_cast<QUERY_SERVICE_CONFIGW*>(buffer.data()),
                           static_cast<DWORD>(buffer.size()), &needed))
    return std::unexpected(LastError("read the service's entry"));
  return buffer;
}

Expected<std::string> DescriptionOf(SC_HANDLE service) {
  std::vector<std::uint8_t> buffer(8192);
  DWORD needed = 0;
  if (!QueryServiceConfig2W(service, SERVICE_CONFIG_DESCRIPTION, buffer.data(), static_cast<DWORD>(buffer.size()),
                            &needed))
    return std::unexpected(LastError("read the service's description"));
  const auto* text = reinterpret_cast<const SERVICE_DESCRIPTIONW*>(buffer.data())->lpDescription;
  return text == nullptr ? std::string() : FromWide(text);
}

Expected<void> Describe(SC_HANDLE service, const std::string& text) {
  auto wide = ToWide(text);
  if (!wide) return std::unexpected(wide.error());
  SERVICE_DESCRIPTIONW description{wide->data()};
  if (!ChangeServiceConfig2W(service, SERVICE_CONFIG_DESCRIPTION, &description))
    return std::unexpected(LastError("describe the service"));
  return {};
}

ServiceEntry EntryOf(const std::string& name, const QUERY_SERVICE_CONFIGW& config, std::string description) {
  const auto text = [](const wchar_t* one) { return one == nullptr ? std::string() : FromWide(one); };
  const bool is_ours = config.dwServiceType == SERVICE_WIN32_OWN_PROCESS && config.dwStartType == SERVICE_AUTO_START &&
                       _wcsicmp(config.lpServiceStartName ? config.lpServiceStartName : L"", kSystem) == 0;
  return {name, text(config.lpDisplayName), std::move(description), text(config.lpBinaryPathName), !is_ours};
}

Expected<SERVICE_STATUS_PROCESS> StatusOf(SC_HANDLE service) {
  SERVICE_STATUS_PROCESS status{};
  DWORD size = 0;
  if (!QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, reinterpret_cast<BYTE*>(&status), sizeof status, &size))
    return std::unexpected(LastError("ask for the service's state"));
  return status;
}

bool IsOnItsWay(DWORD state) {
  return state == SERVICE_START_PENDING || state == SERVICE_STOP_PENDING || state == SERVICE_PAUSE_PENDING ||
         state == SERVICE_CONTINUE_PENDING;
}

// Its state once it is no longer on its way to another one: until then it takes no orders. kBusy: that takes too long.
Expected<SERVICE_STATUS_PROCESS> Settled(SC_HANDLE service, const std::string& name) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  for (;;) {
    const auto status = StatusOf(service);
    if (!status) return std::unexpected(Error(status.error()).At(name));
    if (!IsOnItsWay(status->dwCurrentState)) return *status;
    if (std::chrono::steady_clock::now() >= end)
      return std::unexpected(Error{ErrorKind::kBusy, "wait for the service", name, 0,
                                   "it neither starts nor stops: look at its log, and try again"});
    std::this_thread::sleep_for(kBetweenLooks);
  }
}

}  // namespace

Expected<ServiceHandle> OpenManager(DWORD access) {
  ServiceHandle manager(OpenSCManagerW(nullptr, nullptr, access));
  if (!manager) return std::unexpected(LastError("open the service control manager"));
  return manager;
}

Expected<ServiceHandle> OpenOneService(const std::string& name, DWORD access) {
  const auto wide = ToWide(name);
  if (!wide) return std::unexpected(wide.error());
  const auto manager = OpenManager(SC_MANAGER_CONNECT);
  if (!manager) return std::unexpected(manager.error());
  ServiceHandle service(OpenServiceW(manager->Get(), wide->c_str(), access));
  if (service) return service;
  if (GetLastError() == ERROR_SERVICE_DOES_NOT_EXIST)
    return std::unexpected(
        Error{ErrorKind::kNotFound, "open the service", name, ERROR_SERVICE_DOES_NOT_EXIST, "there is none"});
  return std::unexpected(LastError("open the service").At(name));
}

Expected<std::optional<ServiceEntry>> Win32Services::Find(const std::string& name) {
  const auto service = OpenOneService(name, SERVICE_QUERY_CONFIG);
  if (!service && service.error().kind == ErrorKind::kNotFound) return std::nullopt;
  if (!service) return std::unexpected(service.error());
  const auto config = ConfigOf(service->Get());
  auto description = config ? DescriptionOf(service->Get()) : std::unexpected(config.error());
  if (!description) return std::unexpected(Error(description.error()).At(name));
  return EntryOf(name, *reinterpret_cast<const QUERY_SERVICE_CONFIGW*>(config->data()), *std::move(description));
}

Expected<void> Win32Services::Make(const ServiceEntry& entry) {
  const auto name = ToWide(entry.name), shown = ToWide(entry.display_name), command = ToWide(entry.command);
  for (const auto* one : {&name, &shown, &command})
    if (!*one) return std::unexpected(one->error());
  const auto manager = OpenManager(SC_MANAGER_CREATE_SERVICE);
  if (!manager) return std::unexpected(manager.error());
  const ServiceHandle service(CreateServiceW(manager->Get(), name->c_str(), shown->c_str(), SERVICE_ALL_ACCESS,
                                             SERVICE_WIN32_OWN_PROCESS, SERVICE_AUTO_START, SERVICE_ERROR_NORMAL,
                                             command->c_str(), nullptr, nullptr, nullptr, kSystem, nullptr));
  if (service) return Describe(service.Get(), entry.description);
  Error error = LastError("make the service").At(entry.name);
  if (error.code == ERROR_SERVICE_EXISTS || error.code == ERROR_DUPLICATE_SERVICE_NAME)
    error.kind = ErrorKind::kMismatch;
  if (error.code == ERROR_SERVICE_MARKED_FOR_DELETE) {
    error.kind = ErrorKind::kBusy;
    error.reason += ": somebody still has the removed one open (the services' console, say)";
  }
  return std::unexpected(std::move(error));
}

Expected<void> Win32Services::Change(const ServiceEntry& entry) {
  const auto shown = ToWide(entry.display_name), command = ToWide(entry.command);
  if (!shown || !command) return std::unexpected(shown ? command.error() : shown.error());
  const auto service = OpenOneService(entry.name, SERVICE_CHANGE_CONFIG);
  if (!service) return std::unexpected(service.error());
  if (!ChangeServiceConfigW(service->Get(), SERVICE_WIN32_OWN_PROCESS, SERVICE_AUTO_START, SERVICE_ERROR_NORMAL,
                            command->c_str(), nullptr, nullptr, nullptr, kSystem, nullptr, shown->c_str()))
    return std::unexpected(LastError("change the service").At(entry.name));
  return Describe(service->Get(), entry.description);
}

Expected<void> Win32Services::Remove(const std::string& name) {
  const auto service = OpenOneService(name, DELETE);
  if (!service) return std::unexpected(service.error());
  if (!DeleteService(service->Get()) && GetLastError() != ERROR_SERVICE_MARKED_FOR_DELETE)
    return std::unexpected(LastError("remove the service").At(name));
  return {};
}

Expected<bool> Win32Services::IsRunning(const std::string& name) {
  const auto service = OpenOneService(name, SERVICE_QUERY_STATUS);
  if (!service) return std::unexpected(service.error());
  const auto status = Settled(service->Get(), name);
  if (!status) return std::unexpected(status.error());
  return status->dwCurrentState != SERVICE_STOPPED;
}

Expected<void> Win32Services::Start(const std::string& name) {
  const auto service = OpenOneService(name, SERVICE_START | SERVICE_QUERY_STATUS);
  if (!service) return std::unexpected(service.error());
  if (const auto before = Settled(service->Get(), name); !before) return std::unexpected(before.error());
  if (!StartServiceW(service->Get(), 0, nullptr) && GetLastError() != ERROR_SERVICE_ALREADY_RUNNING)
    return std::unexpected(LastError("start the service").At(name));
  const auto after = Settled(service->Get(), name);
  if (!after) return std::unexpected(after.error());
  if (after->dwCurrentState != SERVICE_STOPPED) return {};
  return std::unexpected(Error{ErrorKind::kIo, "start the service", name, after->dwWin32ExitCode,
                               "it ended at once: its log and the event log say why"});
}

Expected<void> Win32Services::Stop(const std::string& name) {
  const auto service = OpenOneService(name, SERVICE_STOP | SERVICE_QUERY_STATUS);
  if (!service) return std::unexpected(service.error());
  const auto before = Settled(service->Get(), name);
  if (!before) return std::unexpected(before.error());
  SERVICE_STATUS status{};
  if (before->dwCurrentState != SERVICE_STOPPED && !ControlService(service->Get(), SERVICE_CONTROL_STOP, &status) &&
      GetLastError() != ERROR_SERVICE_NOT_ACTIVE)
    return std::unexpected(LastError("stop the service").At(name));
  // It may say that it runs for a moment longer.
  const auto end = std::chrono::steady_clock::now() + kPatience;
  for (;;) {
    const auto after = StatusOf(service->Get());
    if (!after) return std::unexpected(Error(after.error()).At(name));
    if (after->dwCurrentState == SERVICE_STOPPED) return {};
    if (std::chrono::steady_clock::now() >= end)
      return std::unexpected(Error{ErrorKind::kBusy, "stop the service", name, 0, "it takes too long"});
    std::this_thread::sleep_for(kBetweenLooks);
  }
}

}  // namespace acledger::setup
