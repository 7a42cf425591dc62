// SPDX-License-Identifier: MIT
#include "daemon/server/win32/pipe_caller.h"

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "security/win32/convert.h"
#include "security/win32/handle.h"
#include "security/win32/system_error.h"

namespace acledger::daemon::pipe {
namespace {

using security::Sid;
using win32::TokenHandle;

std::unexpected<Error> Last(const char* operation) { return std::unexpected(win32::LastError(operation)); }
std::unexpected<Error> Refused(const char* reason) { return Fail(ErrorKind::kDenied, "serve the caller", reason); }

// Held for the one call that opens the token. A thread that stays somebody else must not go on.
class Impersonation {
 public:
  Impersonation() = default;
  Impersonation(const Impersonation&) = delete;
  Impersonation& operator=(const Impersonation&) = delete;
  ~Impersonation() {
    if (!RevertToSelf()) TerminateProcess(GetCurrentProcess(), ERROR_CANNOT_IMPERSONATE);
  }
};

Expected<TokenHandle> TokenOf(HANDLE pipe) {
  if (!ImpersonateNamedPipeClient(pipe)) return Last("impersonate the caller");
  const Impersonation revert;
  TokenHandle token;
  // As ourselves: the caller may have no right to its own token.
  if (!OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, token.Out())) return Last("open the caller's token");
  return token;
}

// Memory of the kind that a TOKEN_... structure needs.
using Buffer = std::vector<std::uint64_t>;

Expected<Buffer> Ask(HANDLE token, TOKEN_INFORMATION_CLASS what) {
  DWORD size = 0;
  GetTokenInformation(token, what, nullptr, 0, &size);
  Buffer buffer(size / sizeof(std::uint64_t) + 1);
  if (!GetTokenInformation(token, what, buffer.data(), static_cast<DWORD>(buffer.size() * sizeof(std::uint64_t)),
                           &size))
    return Last("read the caller's token");
  return buffer;
}

template <class T>
const T& As(const Buffer& buffer) {
  return *reinterpret_cast<const T*>(buffer.data());
}

// The user and the groups, as an access check takes them.
Expected<Sid> ReadSids(HANDLE token, security::Token& into) {
  const Expected<Buffer> user = Ask(token, TokenUser);
  if (!user) return std::unexpected(user.error());
  const Expected<Buffer> groups = Ask(token, TokenGroups);
  if (!groups) return std::unexpected(groups.error());
  Expected<Sid> self = win32::ToSid(As<TOKEN_USER>(*user).User.Sid);
  if (!self) return self;
  into.sids.push_back(*self);
  const auto& list = As<TOKEN_GROUPS>(*groups);
  for (const SID_AND_ATTRIBUTES* group = list.Groups; group != list.Groups + list.GroupCount; ++group) {
    const Expected<Sid> sid = win32::ToSid(group->Sid);
    if (!sid) return sid;
    if (group->Attributes & SE_GROUP_USE_FOR_DENY_ONLY) {
      into.deny_only.push_back(*sid);
    } else if (group->Attributes & SE_GROUP_ENABLED) {
      into.sids.push_back(*sid);
    }
  }
  return self;
}

// False: restricted in no way.
Expected<bool> IsRestricted(HANDLE token) {
  if (IsTokenRestricted(token)) return true;
  // Whatever the call above makes of a write-restricted token.
  const Expected<Buffer> restricting = Ask(token, TokenRestrictedSids);
  if (!restricting) return std::unexpected(restricting.error());
  return As<TOKEN_GROUPS>(*restricting).GroupCount > 0;
}

Expected<std::uint32_t> IntegrityOf(HANDLE token) {
  const Expected<Buffer> label = Ask(token, TokenIntegrityLevel);
  if (!label) return std::unexpected(label.error());
  const Expected<Sid> level = win32::ToSid(As<TOKEN_MANDATORY_LABEL>(*label).Label.Sid);
  if (!level) return std::unexpected(level.error());
  return level->SubAuthorityCount() > 0 ? level->SubAuthority(level->SubAuthorityCount() - 1) : 0;
}

Expected<bool> IsInAppContainer(HANDLE token) {
  DWORD answer = 0, size = 0;
  if (!GetTokenInformation(token, TokenIsAppContainer, &answer, sizeof answer, &size))
    return Last("ask whether the caller is in an AppContainer");
  return answer != 0;
}

}  // namespace

Expected<Caller> CallerOfToken(HANDLE token) {
  const Expected<bool> restricted = IsRestricted(token);
  if (!restricted) return std::unexpected(restricted.error());
  if (*restricted) return Refused("its token is restricted");
  const Expected<bool> contained = IsInAppContainer(token);
  if (!contained) return std::unexpected(contained.error());
  if (*contained) return Refused("it runs in an AppContainer");
  const Expected<std::uint32_t> integrity = IntegrityOf(token);
  if (!integrity) return std::unexpected(integrity.error());
  if (*integrity < security::kMediumIntegrity) return Refused("its integrity level is below medium");

  Caller caller;
  caller.token.integrity = *integrity;
  const Expected<Sid> user = ReadSids(token, caller.token);
  if (!user) return std::unexpected(user.error());
  caller.user = user->ToString();
  caller.is_admin = *user == Sid::System() || std::ranges::count(caller.token.sids, Sid::Administrators()) > 0;
  return caller;
}

Expected<Caller> CallerOf(HANDLE pipe) {
  const Expected<TokenHandle> token = TokenOf(pipe);
  if (!token) {
    Error error = token.error();
    error.kind = ErrorKind::kDenied;
    return std::unexpected(std::move(error));
  }
  Expected<Caller> caller = CallerOfToken(token->Get());
  ULONG process = 0;
  if (caller && GetNamedPipeClientProcessId(pipe, &process)) caller->process = process;
  return caller;
}

}  // namespace acledger::daemon::pipe
