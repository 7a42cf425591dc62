// SPDX-License-Identifier: MIT
#include "security/win32/convert.h"
#include "security/win32/machine_sid.h"
#include "security/win32/system_error.h"
#include "security/win32/token_user.h"
#include "setup/account_answers.h"
#include "setup/account_codes.h"
#include "setup/win32/account_names.h"
#include "setup/win32/net_memory.h"
#include "setup/win32/user_profile.h"
#include "setup/win32/wide.h"
#include "setup/win32/win32_accounts.h"

namespace acledger::setup {
namespace {

using UserInfo = NetMemory<USER_INFO_4>;

// What the account functions alone say. None: no such account.
Expected<std::optional<UserInfo>> AskForInfo(const std::string& name) {
  const auto wide = ToWide(name);
  if (!wide) return std::unexpected(wide.error());
  UserInfo info;
  const DWORD code = NetUserGetInfo(nullptr, wide->c_str(), 4, AsBytes(info));
  if (code == NERR_UserNotFound) return std::optional<UserInfo>();
  if (code != NERR_Success) return std::unexpected(AccountError("look at the account", code, name));
  if (!info)
    return std::unexpected(
        Error{ErrorKind::kNoEffect, "look at the account", name, 0, "the system told nothing of it"});
  return std::optional<UserInfo>(std::move(info));
}

struct FoundUser {
  security::Sid sid;
  UserInfo info;
};

Expected<std::optional<security::Sid>> SidIn(const Expected<std::optional<UserInfo>>& info) {
  if (!info) return std::unexpected(info.error());
  if (!*info) return std::optional<security::Sid>();
  return win32::ToSid((*info)->Get()->usri4_user_sid);
}

Expected<std::optional<FoundUser>> FindBoth(const std::string& name) {
  const auto named = LookUpLocal(name);
  if (!named) return std::unexpected(named.error());
  const bool is_user = *named && (*named)->use == SidTypeUser;
  auto info = AskForInfo(name);
  const auto sid = AgreeOnAccount(name, is_user ? std::optional((*named)->sid) : std::nullopt, SidIn(info));
  if (!sid) return std::unexpected(sid.error());
  if (!*sid) return std::optional<FoundUser>();
  return std::optional<FoundUser>(FoundUser{**sid, std::move(**info)});
}

Expected<FoundUser> Need(const char* operation, const std::string& name) {
  auto found = FindBoth(name);
  if (!found) return std::unexpected(found.error());
  if (!*found) return std::unexpected(AccountError(operation, NERR_UserNotFound, name));
  return std::move(**found);
}

Expected<void> SetInfo(const char* operation, const std::string& name, DWORD level, void* info) {
  const auto wide = ToWide(name);
  if (!wide) return std::unexpected(wide.error());
  const DWORD code = NetUserSetInfo(nullptr, wide->c_str(), level, static_cast<LPBYTE>(info), nullptr);
  if (code != NERR_Success) return std::unexpected(AccountError(operation, code, name));
  return {};
}

Expected<void> SetFlags(const char* operation, const std::string& name, DWORD add, DWORD take) {
  const auto found = Need(operation, name);
  if (!found) return std::unexpected(found.error());
  const DWORD now = found->info.Get()->usri4_flags & ~DWORD{UF_PASSWORD_EXPIRED};  // That one only tells.
  USER_INFO_1008 info{(now | add | UF_SCRIPT) & ~take};
  return SetInfo(operation, name, 1008, &info);
}

// One code for all that a policy may have against a password.
Error PasswordError(const char* operation, DWORD code, const std::string& name) {
  return AccountError(operation, code == ERROR_PASSWORD_RESTRICTION ? kNerrPasswordTooShort : code, name);
}

// The groups are those that the system itself tells of; no name is made up here.
Expected<void> LeaveAllGroups(const std::string& name, const security::Sid& sid) {
  const auto wide = ToWide(name);
  if (!wide) return std::unexpected(wide.error());
  NetMemory<LOCALGROUP_USERS_INFO_0> groups;
  DWORD count = 0, total = 0;
  DWORD code =
      NetUserGetLocalGroups(nullptr, wide->c_str(), 0, 0, AsBytes(groups), MAX_PREFERRED_LENGTH, &count, &total);
  if (code != NERR_Success) return std::unexpected(AccountError("list the account's groups", code, name));
  for (DWORD i = 0; i < count; ++i) {
    LOCALGROUP_MEMBERS_INFO_0 member{win32::AsPsid(sid)};
    code = NetLocalGroupDelMembers(nullptr, groups.Get()[i].lgrui0_name, 0, reinterpret_cast<LPBYTE>(&member), 1);
    if (code != NERR_Success && code != ERROR_MEMBER_NOT_IN_ALIAS)
      return std::unexpected(AccountError("take the account out of a group", code, name));
  }
  return {};
}

Expected<void> Delete(const std::string& name) {
  const auto wide = ToWide(name);
  if (!wide) return std::unexpected(wide.error());
  const DWORD code = NetUserDel(nullptr, wide->c_str());
  if (code != NERR_Success) return std::unexpected(AccountError("remove the account", code, name));
  return {};
}

}  // namespace

Expected<std::optional<LocalUser>> Win32Accounts::FindUser(const std::string& name) {
  const auto found = FindBoth(name);
  if (!found) return std::unexpected(found.error());
  if (!*found) return std::optional<LocalUser>();
  const USER_INFO_4& info = *(*found)->info.Get();
  LocalUser user;
  user.sid = (*found)->sid;
  user.comment = info.usri4_comment == nullptr ? std::string() : FromWide(info.usri4_comment);
  user.is_disabled = (info.usri4_flags & UF_ACCOUNTDISABLE) != 0;
  user.password_expires = (info.usri4_flags & UF_DONT_EXPIRE_PASSWD) == 0 || info.usri4_acct_expires != TIMEQ_FOREVER;
  return user;
}

Expected<void> Win32Accounts::MakeUser(const std::string& name, const std::string& comment, const Secret& password) {
  auto wide = ToWide(name), wide_comment = ToWide(comment);
  if (!wide) return std::unexpected(wide.error());
  if (!wide_comment) return std::unexpected(wide_comment.error());
  auto secret = WideSecret::Make(password);
  if (!secret) return std::unexpected(secret.error());
  USER_INFO_1 info{};
  info.usri1_name = wide->data();
  info.usri1_password = secret->Get();
  info.usri1_priv = USER_PRIV_USER;
  info.usri1_comment = wide_comment->data();
  info.usri1_flags = UF_SCRIPT | UF_NORMAL_ACCOUNT | UF_ACCOUNTDISABLE | UF_DONT_EXPIRE_PASSWD | UF_PASSWD_CANT_CHANGE;
  const DWORD code = NetUserAdd(nullptr, 1, reinterpret_cast<LPBYTE>(&info), nullptr);
  if (code != NERR_Success) return std::unexpected(PasswordError("make the account", code, name));

  const auto named = LookUpLocal(name);
  if (!named) return std::unexpected(named.error());
  if (!*named)
    return std::unexpected(
        Error{ErrorKind::kNoEffect, "make the account", name, 0, "it was made, and its name stands for nobody"});
  auto left = LeaveAllGroups(name, (*named)->sid);
  // Otherwise it would be taken for whole the next time. What cannot be removed either, that time tells.
  if (!left) static_cast<void>(Delete(name));
  return left;
}

Expected<void> Win32Accounts::SetPassword(const std::string& name, const Secret& password) {
  constexpr char kOperation[] = "set the account's password";
  if (const auto found = Need(kOperation, name); !found) return std::unexpected(found.error());
  auto secret = WideSecret::Make(password);
  if (!secret) return std::unexpected(secret.error());
  USER_INFO_1003 info{secret->Get()};
  auto set = SetInfo(kOperation, name, 1003, &info);
  if (!set && set.error().code != 0) return std::unexpected(PasswordError(kOperation, set.error().code, name));
  return set;
}

Expected<void> Win32Accounts::SetNeverExpires(const std::string& name) {
  constexpr char kOperation[] = "let the account never expire";
  if (auto set = SetFlags(kOperation, name, UF_DONT_EXPIRE_PASSWD, 0); !set) return set;
  USER_INFO_1017 info{TIMEQ_FOREVER};
  return SetInfo(kOperation, name, 1017, &info);
}

Expected<void> Win32Accounts::SetDisabled(const std::string& name, bool disabled) {
  return disabled ? SetFlags("disable the account", name, UF_ACCOUNTDISABLE, 0)
                  : SetFlags("enable the account", name, 0, UF_ACCOUNTDISABLE | UF_LOCKOUT);
}

Expected<void> Win32Accounts::RemoveUser(const std::string& name) {
  const auto found = Need("remove the account", name);
  if (!found) return std::unexpected(found.error());
  if (auto removed = RemoveProfile(found->sid); !removed) return removed;
  return Delete(name);
}

std::uint32_t Win32Accounts::PolicyCode() const { return kNerrPasswordTooShort; }

Expected<std::uint32_t> LogOnOnce(const std::string& account, const Secret& password) {
  constexpr char kOperation[] = "log the account on";
  const auto named = LookUpLocal(account);
  if (!named) return std::unexpected(named.error());
  if (!*named || (*named)->use != SidTypeUser)
    return std::unexpected(AccountError(kOperation, ERROR_NO_SUCH_USER, account));
  const auto machine = win32::LocalAccountDomain();
  if (!machine) return std::unexpected(machine.error());
  const auto wide = ToWide(account);
  if (!wide) return std::unexpected(wide.error());
  auto secret = WideSecret::Make(password);
  if (!secret) return std::unexpected(secret.error());
  win32::TokenHandle token;
  if (!LogonUserW(wide->c_str(), machine->name.c_str(), secret->Get(), LOGON32_LOGON_INTERACTIVE,
                  LOGON32_PROVIDER_DEFAULT, token.Out()))
    return GetLastError();
  const auto user = win32::UserOf(token.Get());
  if (!user) return std::unexpected(user.error());
  if (*user != (*named)->sid)
    return std::unexpected(Error{ErrorKind::kMismatch, kOperation, account, 0, "it was let in as " + user->ToString()});
  return std::uint32_t{0};
}

}  // namespace acledger::setup
