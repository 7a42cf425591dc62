// SPDX-License-Identifier: MIT
#include "daemon/server/win32/pipe_descriptor.h"

#include <span>
#include <vector>

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

// Whether this process may make Administrators the owner of what it creates: elevated, or the system itself.
Expected<bool> MayOwnAsAdministrators() {
  win32::TokenHandle token;
  if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, token.Out()))
    return std::unexpected(win32::LastError("open the own token"));
  DWORD size = 0;
  GetTokenInformation(token.Get(), TokenGroups, nullptr, 0, &size);
  std::vector<std::uint64_t> buffer(size / sizeof(std::uint64_t) + 1);
  if (!GetTokenInformation(token.Get(), TokenGroups, buffer.data(), size, &size))
    return std::unexpected(win32::LastError("read the own groups"));
  const auto* groups = reinterpret_cast<const TOKEN_GROUPS*>(buffer.data());
  constexpr DWORD kNeeded = SE_GROUP_ENABLED | SE_GROUP_OWNER;
  for (const SID_AND_ATTRIBUTES& group : std::span(groups->Groups, groups->GroupCount)) {
    const Expected<security::Sid> sid = win32::ToSid(group.Sid);
    if (sid && *sid == security::Sid::Administrators() && (group.Attributes & kNeeded) == kNeeded) return true;
  }
  return false;
}

Expected<std::string> OwnOwner() {
  const Expected<bool> as_group = MayOwnAsAdministrators();
  if (!as_group) return std::unexpected(as_group.error());
  return *as_group ? "BA" : OwnUser();
}

}  // namespace

Expected<DescriptorBytes> PipeDescriptor(const std::string& sddl) {
  std::string text = sddl;
  if (sddl.empty()) {
    const Expected<std::string> user = OwnUser();
    if (!user) return std::unexpected(user.error());
    text = "D:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;FA;;;" + *user + ")";
  }
  Expected<DescriptorBytes> descriptor = security::FromSddl(text);
  if (!descriptor) return descriptor;
  const Expected<security::DescriptorView> view = security::DescriptorView::Parse(*descriptor);
  if (view && view->Owner()) return descriptor;
  const Expected<std::string> owner = OwnOwner();
  if (!owner) return std::unexpected(owner.error());
  return security::FromSddl("O:" + *owner + text);
}

}  // namespace acledger::daemon::pipe
