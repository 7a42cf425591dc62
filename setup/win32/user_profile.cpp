// SPDX-License-Identifier: MIT
#include "setup/win32/user_profile.h"

#include <string>

#include "setup/account_answers.h"
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
  const auto remove = [&sid, &text]() -> Expected<void> {
    if (!DeleteProfileW(sid.c_str(), nullptr, nullptr))
      return std::unexpected(win32::LastError("remove the account's profile").At(text));
    return {};
  };
  return RemoveAndProve([&sid] { return HasProfile(sid); }, remove, "remove the account's profile", text);
}

}  // namespace acledger::setup
