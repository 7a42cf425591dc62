// SPDX-License-Identifier: MIT
#include "setup/win32/win32_registry.h"

#include <algorithm>
#include <vector>

#include "security/win32/system_error.h"
#include "setup/win32/registry.h"
#include "setup/win32/wide.h"

namespace acledger::setup {
namespace {

std::unexpected<Error> Failed(const char* operation, const std::string& key, LSTATUS code) {
  return std::unexpected(win32::Win32Error(operation, static_cast<std::uint32_t>(code)).At("HKLM\\" + key));
}

// None where the key is missing.
Expected<RegistryKey> OpenKey(const std::string& key, REGSAM access) {
  const auto path = ToWide(key);
  if (!path) return std::unexpected(path.error());
  RegistryKey handle;
  const LSTATUS code = RegOpenKeyExW(HKEY_LOCAL_MACHINE, path->c_str(), 0, access | KEY_WOW64_64KEY, handle.Out());
  if (code == ERROR_FILE_NOT_FOUND) return RegistryKey();
  if (code != ERROR_SUCCESS) return Failed("open the key", key, code);
  return handle;
}

// As it is stored: with a zero at its end, without, or with several.
std::string TextIn(const std::vector<std::uint8_t>& bytes) {
  std::wstring text(bytes.size() / sizeof(wchar_t), L'\0');
  std::copy_n(bytes.begin(), text.size() * sizeof(wchar_t), reinterpret_cast<std::uint8_t*>(text.data()));
  return FromWide(text.substr(0, text.find(L'\0')));
}

Expected<RegistryValue> ValueOf(const std::string& key, DWORD type, const std::vector<std::uint8_t>& bytes) {
  using Kind = RegistryValue::Kind;
  if (type == REG_SZ || type == REG_EXPAND_SZ)
    return RegistryValue{type == REG_SZ ? Kind::kText : Kind::kExpandText, TextIn(bytes), 0};
  if (type == REG_DWORD && bytes.size() == sizeof(std::uint32_t)) {
    std::uint32_t number = 0;
    std::copy_n(bytes.begin(), sizeof number, reinterpret_cast<std::uint8_t*>(&number));
    return RegistryValue{Kind::kNumber, {}, number};
  }
  return std::unexpected(Error{ErrorKind::kUnsupported, "read the value", "HKLM\\" + key, type,
                               "it is of another kind than text or a number"});
}

}  // namespace

Expected<bool> Win32Registry::HasKey(const std::string& key) {
  const auto handle = OpenKey(key, KEY_QUERY_VALUE);
  if (!handle) return std::unexpected(handle.error());
  return static_cast<bool>(*handle);
}

Expected<bool> Win32Registry::IsEmpty(const std::string& key) {
  const auto handle = OpenKey(key, KEY_QUERY_VALUE);
  if (!handle) return std::unexpected(handle.error());
  if (!*handle) return Failed("look into the key", key, ERROR_FILE_NOT_FOUND);
  DWORD keys = 0, values = 0;
  const LSTATUS code = RegQueryInfoKeyW(handle->Get(), nullptr, nullptr, nullptr, &keys, nullptr, nullptr, &values,
                                        nullptr, nullptr, nullptr, nullptr);
  if (code != ERROR_SUCCESS) return Failed("look into the key", key, code);
  return keys == 0 && values == 0;
}

Expected<void> Win32Registry::RemoveEmptyKey(const std::string& key) {
  const auto empty = IsEmpty(key);
  if (!empty) return std::unexpected(empty.error());
  if (!*empty)
    return std::unexpected(Error{ErrorKind::kMismatch, "remove the key", "HKLM\\" + key, 0, "something is in it"});
  const auto path = ToWide(key);
  if (!path) return std::unexpected(path.error());
  const LSTATUS code = RegDeleteKeyExW(HKEY_LOCAL_MACHINE, path->c_str(), KEY_WOW64_64KEY, 0);
  return code == ERROR_SUCCESS ? Expected<void>() : Failed("remove the key", key, code);
}

Expected<std::optional<RegistryValue>> Win32Registry::Find(const std::string& key, const std::string& name) {
  const auto handle = OpenKey(key, KEY_QUERY_VALUE);
  const auto wide = ToWide(name);
  if (!handle || !wide) return std::unexpected(handle ? wide.error() : handle.error());
  if (!*handle) return std::nullopt;
  std::vector<std::uint8_t> bytes(4096);
  for (;;) {
    DWORD type = 0, size = static_cast<DWORD>(bytes.size());
    const LSTATUS code = RegQueryValueExW(handle->Get(), wide->c_str(), nullptr, &type, bytes.data(), &size);
    if (code == ERROR_FILE_NOT_FOUND) return std::nullopt;
    if (code == ERROR_MORE_DATA) {
      bytes.resize(std::size_t{size} + 64);
      continue;
    }
    if (code != ERROR_SUCCESS) return Failed("read the value", key + "\\" + name, code);
    bytes.resize(size);
    return ValueOf(key + "\\" + name, type, bytes);
  }
}

Expected<void> Win32Registry::Put(const std::string& key, const std::string& name, const RegistryValue& value) {
  const auto path = ToWide(key), wide = ToWide(name), text = ToWide(value.text);
  for (const auto* one : {&path, &wide, &text})
    if (!*one) return std::unexpected(one->error());
  RegistryKey handle;
  const LSTATUS made = RegCreateKeyExW(HKEY_LOCAL_MACHINE, path->c_str(), 0, nullptr, 0,
                                       KEY_SET_VALUE | KEY_WOW64_64KEY, nullptr, handle.Out(), nullptr);
  if (made != ERROR_SUCCESS) return Failed("make the key", key, made);
  LSTATUS code = ERROR_SUCCESS;
  if (value.kind == RegistryValue::Kind::kNumber) {
    code = RegSetValueExW(handle.Get(), wide->c_str(), 0, REG_DWORD,
                          reinterpret_cast<const std::uint8_t*>(&value.number), sizeof value.number);
  } else {
    code = RegSetValueExW(
        handle.Get(), wide->c_str(), 0, value.kind == RegistryValue::Kind::kText ? REG_SZ : REG_EXPAND_SZ,
        reinterpret_cast<const std::uint8_t*>(text->c_str()), static_cast<DWORD>((text->size() + 1) * sizeof(wchar_t)));
  }
  return code == ERROR_SUCCESS ? Expected<void>() : Failed("set the value", key + "\\" + name, code);
}

Expected<void> Win32Registry::RemoveValue(const std::string& key, const std::string& name) {
  const auto handle = OpenKey(key, KEY_SET_VALUE);
  const auto wide = ToWide(name);
  if (!handle || !wide) return std::unexpected(handle ? wide.error() : handle.error());
  const LSTATUS code = *handle ? RegDeleteValueW(handle->Get(), wide->c_str()) : LSTATUS{ERROR_FILE_NOT_FOUND};
  return code == ERROR_SUCCESS ? Expected<void>() : Failed("remove the value", key + "\\" + name, code);
}

}  // namespace acledger::setup
