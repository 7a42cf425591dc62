// SPDX-License-Identifier: MIT
#include <algorithm>

#include "security/win32/convert.h"
#include "setup/account_codes.h"
#include "setup/win32/account_names.h"
#include "setup/win32/net_memory.h"
#include "setup/win32/wide.h"
#include "setup/win32/win32_accounts.h"

namespace acledger::setup {

Expected<std::optional<LocalGroup>> Win32Accounts::FindGroup(const std::string& name) {
  const auto named = LookUpLocal(name);
  if (!named) return std::unexpected(named.error());
  if (!*named || (*named)->use != SidTypeAlias) return std::optional<LocalGroup>();
  const auto wide = ToWide(name);
  if (!wide) return std::unexpected(wide.error());
  NetMemory<LOCALGROUP_INFO_1> info;
  const DWORD code = NetLocalGroupGetInfo(nullptr, wide->c_str(), 1, AsBytes(info));
  if (code != NERR_Success) return std::unexpected(AccountError("look at the group", code, name));
  if (!info || info.Get()->lgrpi1_comment == nullptr)
    return std::unexpected(Error{ErrorKind::kNoEffect, "look at the group", name, 0, "the system told nothing of it"});
  return LocalGroup{(*named)->sid, FromWide(info.Get()->lgrpi1_comment)};
}

Expected<void> Win32Accounts::MakeGroup(const std::string& name, const std::string& comment) {
  auto wide = ToWide(name), wide_comment = ToWide(comment);
  if (!wide) return std::unexpected(wide.error());
  if (!wide_comment) return std::unexpected(wide_comment.error());
  LOCALGROUP_INFO_1 info{wide->data(), wide_comment->data()};
  const DWORD code = NetLocalGroupAdd(nullptr, 1, reinterpret_cast<LPBYTE>(&info), nullptr);
  if (code != NERR_Success) return std::unexpected(AccountError("make the group", code, name));
  return {};
}

Expected<void> Win32Accounts::RemoveGroup(const std::string& name) {
  const auto wide = ToWide(name);
  if (!wide) return std::unexpected(wide.error());
  const DWORD code = NetLocalGroupDel(nullptr, wide->c_str());
  if (code != NERR_Success) return std::unexpected(AccountError("remove the group", code, name));
  return {};
}

Expected<bool> Win32Accounts::IsMember(const std::string& group, const security::Sid& user) {
  const auto named = LookUpLocal(group);
  if (!named) return std::unexpected(named.error());
  if (!*named || (*named)->use != SidTypeAlias) return false;
  const auto wide = ToWide(group);
  if (!wide) return std::unexpected(wide.error());
  DWORD_PTR at = 0;
  DWORD code = ERROR_MORE_DATA;
  while (code == ERROR_MORE_DATA) {
    NetMemory<LOCALGROUP_MEMBERS_INFO_0> members;
    DWORD count = 0, total = 0;
    code =
        NetLocalGroupGetMembers(nullptr, wide->c_str(), 0, AsBytes(members), MAX_PREFERRED_LENGTH, &count, &total, &at);
    if (code != NERR_Success && code != ERROR_MORE_DATA)
      return std::unexpected(AccountError("list the group's members", code, group));
    if (code == ERROR_MORE_DATA && count == 0)
      return std::unexpected(Error{ErrorKind::kIo, "list the group's members", group, code, "it does not end"});
    const auto is_user = [&user](const LOCALGROUP_MEMBERS_INFO_0& member) {
      return EqualSid(member.lgrmi0_sid, win32::AsPsid(user)) != FALSE;
    };
    if (count > 0 && std::any_of(members.Get(), members.Get() + count, is_user)) return true;
  }
  return false;
}

Expected<void> Win32Accounts::Join(const std::string& group, const security::Sid& user) {
  const auto wide = ToWide(group);
  if (!wide) return std::unexpected(wide.error());
  LOCALGROUP_MEMBERS_INFO_0 member{win32::AsPsid(user)};
  const DWORD code = NetLocalGroupAddMembers(nullptr, wide->c_str(), 0, reinterpret_cast<LPBYTE>(&member), 1);
  if (code == NERR_Success || code == ERROR_MEMBER_IN_ALIAS) return {};
  return std::unexpected(AccountError("put an account into the group", code, group));
}

}  // namespace acledger::setup
