// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "security/win32/handle.h"
#include "security/win32/system_error.h"

namespace acledger::setup {

struct RegistryKeyTraits {
  using Value = HKEY;
  static Value None() { return nullptr; }
  static void Close(Value value) { RegCloseKey(value); }
};
using RegistryKey = win32::UniqueHandle<RegistryKeyTraits>;

// A key below HKEY_LOCAL_MACHINE, in the view of 64-bit programs. None: it is not there.
inline Expected<std::optional<RegistryKey>> OpenMachineKey(const wchar_t* path, REGSAM access) {
  RegistryKey key;
  const LSTATUS code = RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, access | KEY_WOW64_64KEY, key.Out());
  if (code == ERROR_FILE_NOT_FOUND) return std::optional<RegistryKey>();
  if (code != ERROR_SUCCESS) return std::unexpected(win32::Win32Error("open a registry key", static_cast<DWORD>(code)));
  return std::optional<RegistryKey>(std::move(key));
}

}  // namespace acledger::setup
