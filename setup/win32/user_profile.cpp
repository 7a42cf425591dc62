// SPDX-License-Identifier: MIT
#include "setup/win32/user_profile.h"

#include <string>

#include "setup/win32/registry.h"

// After windows.h.
#include <userenv.h>

namespace acledger::setup {
namespace {

Expected<bool> HasProfile(const std::wstring& sid) {
  const std::wstring path = L"SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList\\" + sid;
  const auto key = OpenMachineKey(path.c_str(), KEY_QUERY_VALUE);
  if (!key) return std::unexpected(key.error());
  return key->has_value();
}

}  // namespace

Expected<void> RemoveProfile(const security::Sid& user) {
  const std::string text = user.ToString();
  const std::wstring sid(text.begin(), text.end());
  const auto before = HasProfile(sid);
  if (!before) return std::unexpected(before.error());
  if (!*before) return {};
  if (!DeleteProfileW(sid.c_str(), nullptr, nullptr))
    return std::unexpected(win32::LastError("remove the account's profile").At(text));
  const auto after = HasProfile(sid);
  if (!after) return std::unexpected(after.error());
  if (!*after) return {};
  return std::unexpected(
      Error{ErrorKind::kNoEffect, "remove the account's profile", text, 0, "the system still lists it"});
}

}  // namespace acledger::setup
