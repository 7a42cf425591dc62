// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstddef>

#include "security/win32/system_error.h"
#include "setup/win32/service_handle.h"
#include "setup/win32/wide.h"
#include "setup/win32/win32_services.h"

namespace acledger::setup {
namespace {

using win32::LastError;

constexpr DWORD kForgetFailuresAfter = 24 * 60 * 60;  // Seconds.

template <class Info>
Expected<std::vector<std::uint8_t>> Read(SC_HANDLE service, DWORD level) {
  std::vector<std::uint8_t> buffer(8192);
  static_assert(alignof(Info) <= alignof(std::max_align_t));
  DWORD needed = 0;
  if (!QueryServiceConfig2W(service, level, buffer.data(), static_cast<DWORD>(buffer.size()), &needed)) {
    Error error = LastError("read the service's settings");
    if (error.code == ERROR_INVALID_LEVEL) error.kind = ErrorKind::kUnsupported;
    return std::unexpected(std::move(error));
  }
  return buffer;
}
template <class Info>
const Info& In(const std::vector<std::uint8_t>& bytes) {
  return *reinterpret_cast<const Info*>(bytes.data());
}

Expected<void> Write(SC_HANDLE service, DWORD level, void* info) {
  if (ChangeServiceConfig2W(service, level, info)) return {};
  return std::unexpected(LastError("change the service's settings"));
}

// What a setting is, and how it is set, by its kind.
struct Reader {
  SC_HANDLE service;

  Expected<ServiceTrait> operator()(const RequiredPrivileges&) const {
    const auto bytes = Read<SERVICE_REQUIRED_PRIVILEGES_INFOW>(service, SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO);
    if (!bytes) return std::unexpected(bytes.error());
    RequiredPrivileges found;
    const wchar_t* names = In<SERVICE_REQUIRED_PRIVILEGES_INFOW>(*bytes).pmszRequiredPrivileges;
    for (; names != nullptr && *names != L'\0'; names += found.names.back().size() + 1)
      found.names.push_back(FromWide(names));  // Of one unit a character: they are ASCII.
    std::ranges::sort(found.names);
    return found;
  }
  Expected<ServiceTrait> operator()(const RestartsAfter&) const {
    const auto bytes = Read<SERVICE_FAILURE_ACTIONSW>(service, SERVICE_CONFIG_FAILURE_ACTIONS);
    if (!bytes) return std::unexpected(bytes.error());
    const auto flag = Read<SERVICE_FAILURE_ACTIONS_FLAG>(service, SERVICE_CONFIG_FAILURE_ACTIONS_FLAG);
    if (!flag) return std::unexpected(flag.error());
    const auto& actions = In<SERVICE_FAILURE_ACTIONSW>(*bytes);
    RestartsAfter found;
    if (In<SERVICE_FAILURE_ACTIONS_FLAG>(*flag).fFailureActionsOnNonCrashFailures == FALSE) return found;
    for (DWORD i = 0; i < actions.cActions; ++i)
      if (actions.lpsaActions[i].Type == SC_ACTION_RESTART)
        found.waits.push_back(
            std::chrono::duration_cast<std::chrono::seconds>(std::chrono::milliseconds(actions.lpsaActions[i].Delay)));
    return found;
  }
  Expected<ServiceTrait> operator()(const DelayedStart&) const {
    const auto bytes = Read<SERVICE_DELAYED_AUTO_START_INFO>(service, SERVICE_CONFIG_DELAYED_AUTO_START_INFO);
    if (!bytes) return std::unexpected(bytes.error());
    return DelayedStart{In<SERVICE_DELAYED_AUTO_START_INFO>(*bytes).fDelayedAutostart != FALSE};
  }
  Expected<ServiceTrait> operator()(const OwnSid&) const {
    const auto bytes = Read<SERVICE_SID_INFO>(service, SERVICE_CONFIG_SERVICE_SID_INFO);
    if (!bytes) return std::unexpected(bytes.error());
    return OwnSid{In<SERVICE_SID_INFO>(*bytes).dwServiceSidType == SERVICE_SID_TYPE_UNRESTRICTED};
  }
};

struct Writer {
  SC_HANDLE service;

  Expected<void> operator()(const RequiredPrivileges& wanted) const {
    std::wstring names;
    for (const std::string& one : wanted.names) {
      const auto name = ToWide(one);
      if (!name) return std::unexpected(name.error());
      names += *name + L'\0';
    }
    names += L'\0';
    SERVICE_REQUIRED_PRIVILEGES_INFOW info{names.data()};
    return Write(service, SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO, &info);
  }
  Expected<void> operator()(const RestartsAfter& wanted) const {
    std::vector<SC_ACTION> actions;
    for (const std::chrono::milliseconds wait : wanted.waits)
      actions.push_back({SC_ACTION_RESTART, static_cast<DWORD>(wait.count())});
    SERVICE_FAILURE_ACTIONSW info{kForgetFailuresAfter, nullptr, nullptr, static_cast<DWORD>(actions.size()),
                                  actions.data()};
    if (const auto set = Write(service, SERVICE_CONFIG_FAILURE_ACTIONS, &info); !set) return set;
    SERVICE_FAILURE_ACTIONS_FLAG flag{TRUE};
    return Write(service, SERVICE_CONFIG_FAILURE_ACTIONS_FLAG, &flag);
  }
  Expected<void> operator()(const DelayedStart& wanted) const {
    SERVICE_DELAYED_AUTO_START_INFO info{wanted.is_delayed ? TRUE : FALSE};
    return Write(service, SERVICE_CONFIG_DELAYED_AUTO_START_INFO, &info);
  }
  Expected<void> operator()(const OwnSid& wanted) const {
    SERVICE_SID_INFO info{wanted.has_one ? DWORD{SERVICE_SID_TYPE_UNRESTRICTED} : DWORD{SERVICE_SID_TYPE_NONE}};
    return Write(service, SERVICE_CONFIG_SERVICE_SID_INFO, &info);
  }
};

}  // namespace

Expected<ServiceTrait> Win32Services::Trait(const std::string& name, const ServiceTrait& like) {
  const auto service = OpenOneService(name, SERVICE_QUERY_CONFIG);
  if (!service) return std::unexpected(service.error());
  auto found = std::visit(Reader{service->Get()}, like);
  if (!found) return std::unexpected(Error(found.error()).At(name));
  return found;
}

Expected<void> Win32Services::SetTrait(const std::string& name, const ServiceTrait& trait) {
  // SERVICE_START: asked for by the system where a failure is to start the service again.
  const auto service = OpenOneService(name, SERVICE_CHANGE_CONFIG | SERVICE_START);
  if (!service) return std::unexpected(service.error());
  const auto set = std::visit(Writer{service->Get()}, trait);
  return set ? set : std::unexpected(Error(set.error()).At(name));
}

}  // namespace acledger::setup
