// SPDX-License-Identifier: MIT
#include "daemon/server/win32/pipe_descriptor.h"

#include "security/sddl.h"
#include "security/win32/convert.h"
#include "security/win32/handle.h"
#include "security/win32/system_error.h"

namespace acledger::daemon::pipe {
namespace {

using security::DescriptorBytes;

Expected<std::string> OwnUser() {
  win32::TokenHandle token;
  if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, token.Out()))
    return std::unexpected(win32::LastError("open the own token"));
  alignas(TOKEN_USER) BYTE buffer[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
  DWORD size = 0;
  if (!GetTokenInformation(token.Get(), TokenUser, buffer, sizeof buffer, &size))
    return std::unexpected(win32::LastError("read the own user"));
  const Expected<security::Sid> sid = win32::ToSid(reinterpret_cast<const TOKEN_USER*>(buffer)->User.Sid);
  if (!sid) return std::unexpected(sid.error());
  return sid->ToString();
}

}  // namespace

Expected<DescriptorBytes> PipeDescriptor(const std::string& sddl) {
  const Expected<std::string> user = OwnUser();
  if (!user) return std::unexpected(user.error());
  const std::string text = sddl.empty() ? "D:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;FA;;;" + *user + ")" : sddl;
  Expected<DescriptorBytes> descriptor = security::FromSddl(text);
  if (!descriptor) return descriptor;
  const Expected<security::DescriptorView> view = security::DescriptorView::Parse(*descriptor);
  return view && view->Owner() ? descriptor : security::FromSddl("O:" + *user + text);
}

}  // namespace acledger::daemon::pipe
