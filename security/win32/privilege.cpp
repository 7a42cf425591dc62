// SPDX-License-Identifier: MIT
#include "security/win32/privilege.h"

#include "security/win32/handle.h"
#include "security/win32/system_error.h"

namespace acledger::win32 {
namespace {

const wchar_t* NameOf(Privilege privilege) {
  switch (privilege) {
    case Privilege::kBackup:
      return L"SeBackupPrivilege";
    case Privilege::kRestore:
      return L"SeRestorePrivilege";
    case Privilege::kSecurity:
      return L"SeSecurityPrivilege";
    case Privilege::kDebug:
      return L"SeDebugPrivilege";
  }
  return L"";
}

}  // namespace

Expected<bool> EnablePrivilege(Privilege privilege) {
  TokenHandle token;
  if (!OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY, token.Out()))
    return std::unexpected(LastError("open the process's token"));
  TOKEN_PRIVILEGES wanted{1, {{{0, 0}, SE_PRIVILEGE_ENABLED}}};
  if (!LookupPrivilegeValueW(nullptr, NameOf(privilege), &wanted.Privileges[0].Luid))
    return std::unexpected(LastError("look a privilege up"));
  if (!AdjustTokenPrivileges(token.Get(), FALSE, &wanted, 0, nullptr, nullptr))
    return std::unexpected(LastError("enable a privilege"));
  // The call succeeds also where nothing was enabled.
  return GetLastError() != ERROR_NOT_ALL_ASSIGNED;
}

}  // namespace acledger::win32
