// SPDX-License-Identifier: MIT
#include "setup/win32/registry.h"
#include "setup/win32/wide.h"
#include "setup/win32/win32_accounts.h"

// The logon screen leaves an account out for whose name there is a 0 in the key UserList.
namespace acledger::setup {
namespace {

constexpr wchar_t kParent[] = L"SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Winlogon\\SpecialAccounts";
constexpr wchar_t kList[] = L"SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Winlogon\\SpecialAccounts\\UserList";

std::unexpected<Error> RegistryError(const char* operation, LSTATUS code, const std::string& name) {
  return std::unexpected(win32::Win32Error(operation, static_cast<DWORD>(code)).At(name));
}

Expected<bool> IsEmpty(const RegistryKey& key) {
  DWORD keys = 0, values = 0;
  const LSTATUS code = RegQueryInfoKeyW(key.Get(), nullptr, nullptr, nullptr, &keys, nullptr, nullptr, &values, nullptr,
                                        nullptr, nullptr, nullptr);
  if (code != ERROR_SUCCESS) return RegistryError("count what a registry key holds", code, {});
  return keys == 0 && values == 0;
}

Expected<void> RemoveIfEmpty(const wchar_t* path) {
  const auto key = OpenMachineKey(path, KEY_QUERY_VALUE);
  if (!key) return std::unexpected(key.error());
  if (!*key) return {};
  const auto empty = IsEmpty(**key);
  if (!empty) return std::unexpected(empty.error());
  if (!*empty) return {};
  const LSTATUS code = RegDeleteKeyExW(HKEY_LOCAL_MACHINE, path, KEY_WOW64_64KEY, 0);
  if (code == ERROR_SUCCESS || code == ERROR_FILE_NOT_FOUND) return {};
  return RegistryError("remove an empty registry key", code, FromWide(path));
}

Expected<void> Hide(const std::wstring& name) {
  RegistryKey list;
  LSTATUS code = RegCreateKeyExW(HKEY_LOCAL_MACHINE, kList, 0, nullptr, 0, KEY_SET_VALUE | KEY_WOW64_64KEY, nullptr,
                                 list.Out(), nullptr);
  if (code != ERROR_SUCCESS) return RegistryError("open the logon screen's list", code, FromWide(name));
  const DWORD hidden = 0;
  code = RegSetValueExW(list.Get(), name.c_str(), 0, REG_DWORD, reinterpret_cast<const BYTE*>(&hidden), sizeof(hidden));
  if (code != ERROR_SUCCESS) return RegistryError("hide the account from the logon screen", code, FromWide(name));
  return {};
}

Expected<void> Show(const std::wstring& name) {
  {
    const auto list = OpenMachineKey(kList, KEY_SET_VALUE);
    if (!list) return std::unexpected(list.error());
    const LSTATUS code = *list ? RegDeleteValueW((*list)->Get(), name.c_str()) : ERROR_FILE_NOT_FOUND;
    if (code != ERROR_SUCCESS && code != ERROR_FILE_NOT_FOUND)
      return RegistryError("show the account on the logon screen", code, FromWide(name));
  }
  if (auto removed = RemoveIfEmpty(kList); !removed) return removed;
  return RemoveIfEmpty(kParent);
}

}  // namespace

Expected<bool> Win32Accounts::IsHidden(const std::string& name) {
  const auto wide = ToWide(name);
  if (!wide) return std::unexpected(wide.error());
  const auto list = OpenMachineKey(kList, KEY_QUERY_VALUE);
  if (!list) return std::unexpected(list.error());
  if (!*list) return false;
  DWORD shown = 1, type = REG_NONE, size = sizeof(shown);
  const LSTATUS code =
      RegQueryValueExW((*list)->Get(), wide->c_str(), nullptr, &type, reinterpret_cast<BYTE*>(&shown), &size);
  if (code == ERROR_FILE_NOT_FOUND || code == ERROR_MORE_DATA) return false;
  if (code != ERROR_SUCCESS) return RegistryError("read the logon screen's list", code, name);
  return type == REG_DWORD && shown == 0;
}

Expected<void> Win32Accounts::SetHidden(const std::string& name, bool hidden) {
  const auto wide = ToWide(name);
  if (!wide) return std::unexpected(wide.error());
  return hidden ? Hide(*wide) : Show(*wide);
}

}  // namespace acledger::setup
