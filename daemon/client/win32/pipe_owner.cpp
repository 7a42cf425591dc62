// SPDX-License-Identifier: MIT
#include "daemon/client/win32/pipe_owner.h"

#include <vector>

#include "security/access_check.h"
#include "security/win32/convert.h"
#include "security/win32/handle.h"
#include "security/win32/system_error.h"

namespace acledger::daemon::pipe {
namespace {

using security::Sid;
using win32::LastError;
using win32::TokenHandle;
using win32::ToSid;

std::unexpected<Error> Last(const char* operation) { return std::unexpected(LastError(operation)); }

Expected<Sid> OwnUser() {
  TokenHandle token;
  if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, token.Out())) return Last("open the own token");
  alignas(TOKEN_USER) BYTE buffer[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
  DWORD size = 0;
  if (!GetTokenInformation(token.Get(), TokenUser, buffer, sizeof buffer, &size)) return Last("read the own user");
  return ToSid(reinterpret_cast<const TOKEN_USER*>(buffer)->User.Sid);
}

// Whoever creates a pipe first becomes its owner: a user can make only himself or a group of his that may own.
Expected<Sid> OwnerOf(HANDLE pipe) {
  DWORD size = 0;
  GetKernelObjectSecurity(pipe, OWNER_SECURITY_INFORMATION, nullptr, 0, &size);
  if (GetLastError() != ERROR_INSUFFICIENT_BUFFER) return Last("read the owner of the pipe");
  std::vector<std::uint64_t> buffer(size / sizeof(std::uint64_t) + 1);
  if (!GetKernelObjectSecurity(pipe, OWNER_SECURITY_INFORMATION, buffer.data(), size, &size))
    return Last("read the owner of the pipe");
  PSID owner = nullptr;
  BOOL defaulted = FALSE;
  if (!GetSecurityDescriptorOwner(buffer.data(), &owner, &defaulted)) return Last("read the owner of the pipe");
  if (!owner) return Fail(ErrorKind::kDenied, "trust the server", "its pipe has no owner");
  return ToSid(owner);
}

// A sandboxed child of a user owns what it creates in that user's name, and must not answer for the daemon.
Expected<void> CheckUnrestricted(ULONG process) {
  const win32::NtHandle server(OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, process));
  if (!server) return Last("open the process that serves");
  TokenHandle token;
  if (!OpenProcessToken(server.Get(), TOKEN_QUERY, token.Out())) return Last("open the token of the server");
  DWORD contained = 0, size = 0;
  if (!GetTokenInformation(token.Get(), TokenIsAppContainer, &contained, sizeof contained, &size))
    return Last("read the token of the server");
  alignas(TOKEN_MANDATORY_LABEL) BYTE label[sizeof(TOKEN_MANDATORY_LABEL) + SECURITY_MAX_SID_SIZE];
  if (!GetTokenInformation(token.Get(), TokenIntegrityLevel, label, sizeof label, &size))
    return Last("read the token of the server");
  const Expected<Sid> level = ToSid(reinterpret_cast<const TOKEN_MANDATORY_LABEL*>(label)->Label.Sid);
  if (!level) return std::unexpected(level.error());
  const bool is_low = level->SubAuthorityCount() == 0 ||
                      level->SubAuthority(level->SubAuthorityCount() - 1) < security::kMediumIntegrity;
  if (!IsTokenRestricted(token.Get()) && contained == 0 && !is_low) return {};
  return Fail(ErrorKind::kDenied, "trust the server",
              "process " + std::to_string(process) + " serves there, and it runs in a sandbox");
}

}  // namespace

Expected<void> CheckPipeServer(HANDLE pipe) {
  ULONG process = 0;
  if (!GetNamedPipeServerProcessId(pipe, &process)) return Last("ask who serves");
  const Expected<Sid> owner = OwnerOf(pipe);
  if (!owner) return std::unexpected(owner.error());
  if (*owner == Sid::System() || *owner == Sid::Administrators()) return {};
  const Expected<Sid> own = OwnUser();
  if (!own) return std::unexpected(own.error());
  if (*owner == *own) return CheckUnrestricted(process);
  return Fail(ErrorKind::kDenied, "trust the server",
              "process " + std::to_string(process) + " serves there, and the pipe belongs to " + owner->ToString());
}

}  // namespace acledger::daemon::pipe
