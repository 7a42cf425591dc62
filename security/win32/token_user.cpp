// SPDX-License-Identifier: MIT
#include "security/win32/token_user.h"

#include "security/win32/convert.h"
#include "security/win32/handle.h"
#include "security/win32/system_error.h"

namespace acledger::win32 {

Expected<security::Sid> UserOf(HANDLE token) {
  alignas(TOKEN_USER) std::uint8_t buffer[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
  DWORD size = 0;
  if (!GetTokenInformation(token, TokenUser, buffer, sizeof(buffer), &size))
    return std::unexpected(LastError("read the token's user"));
  return ToSid(reinterpret_cast<TOKEN_USER*>(buffer)->User.Sid);
}

Expected<security::Sid> CallerSid() {
  TokenHandle token;
  if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, token.Out()))
    return std::unexpected(LastError("open the process's token"));
  return UserOf(token.Get());
}

}  // namespace acledger::win32
