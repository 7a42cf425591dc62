// SPDX-License-Identifier: MIT
#include "setup/win32/win32_processes.h"

#include <windows.h>
// After windows.h.
#include <wtsapi32.h>

#include <optional>
#include <span>

#include "security/win32/convert.h"
#include "security/win32/handle.h"
#include "security/win32/system_error.h"
#include "security/win32/token_user.h"

namespace acledger::setup {
namespace {

using win32::LastError;
using win32::NtHandle;
using win32::TokenHandle;

constexpr DWORD kPatience = 10'000;  // Milliseconds.

struct WtsTraits {
  using Value = WTS_PROCESS_INFOW*;
  static Value None() { return nullptr; }
  static void Close(Value value) { WTSFreeMemory(value); }
};

// None where it cannot be told.
std::optional<security::Sid> UserBehind(HANDLE process) {
  TokenHandle token;
  if (!OpenProcessToken(process, TOKEN_QUERY, token.Out())) return std::nullopt;
  const auto sid = win32::UserOf(token.Get());
  return sid ? std::optional(*sid) : std::nullopt;
}

// None where it has ended, or belongs to the system alone: with SeDebugPrivilege every other one can be looked at.
std::optional<security::Sid> UserOf(DWORD process) {
  const NtHandle handle(OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, process));
  return handle ? UserBehind(handle.Get()) : std::nullopt;
}

}  // namespace

Expected<std::vector<std::uint32_t>> Win32Processes::Of(const security::Sid& user) {
  win32::UniqueHandle<WtsTraits> list;
  DWORD count = 0;
  if (!WTSEnumerateProcessesW(WTS_CURRENT_SERVER_HANDLE, 0, 1, list.Out(), &count))
    return std::unexpected(LastError("list the processes"));
  std::vector<std::uint32_t> found;
  for (const WTS_PROCESS_INFOW& one : std::span(list.Get(), count)) {
    std::optional<security::Sid> owner;
    if (one.pUserSid != nullptr)
      if (const auto sid = win32::ToSid(one.pUserSid); sid) owner = *sid;
    if (!owner) owner = UserOf(one.ProcessId);
    if (owner && *owner == user) found.push_back(one.ProcessId);
  }
  return found;
}

Expected<void> Win32Processes::End(std::uint32_t process, const security::Sid& user) {
  const NtHandle handle(
      OpenProcess(PROCESS_TERMINATE | PROCESS_QUERY_LIMITED_INFORMATION | SYNCHRONIZE, FALSE, process));
  if (!handle && GetLastError() == ERROR_INVALID_PARAMETER) return {};  // There is none of that number any more.
  if (!handle) return std::unexpected(LastError("open a process of the sandbox"));
  // The number may be another one's since it was listed; the handle keeps it.
  if (const auto owner = UserBehind(handle.Get()); owner && *owner != user) return {};
  if (!TerminateProcess(handle.Get(), ERROR_SHUTDOWN_IN_PROGRESS) && GetLastError() != ERROR_ACCESS_DENIED)
    return std::unexpected(LastError("end a process of the sandbox"));  // Denied too where it is ending already.
  const DWORD waited = WaitForSingleObject(handle.Get(), kPatience);
  if (waited == WAIT_OBJECT_0) return {};
  if (waited != WAIT_TIMEOUT) return std::unexpected(LastError("wait for a process of the sandbox"));
  return Fail(ErrorKind::kBusy, "end process " + std::to_string(process), "it does not go");
}

}  // namespace acledger::setup
