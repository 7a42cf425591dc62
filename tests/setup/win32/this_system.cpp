// SPDX-License-Identifier: MIT
#include "tests/setup/win32/this_system.h"

#include <algorithm>
#include <array>
#include <iostream>
#include <stdexcept>

#include "security/sddl.h"
#include "security/win32/convert.h"
#include "security/win32/handle.h"
#include "security/win32/machine_sid.h"
#include "security/win32/privilege.h"
#include "security/win32/system_error.h"
#include "setup/win32/wide.h"

namespace acledger::setup {
namespace {

using win32::FileHandle;

void Must(bool holds, const char* what) {
  if (!holds) throw std::runtime_error(win32::LastError(what).ToString());
}

void SetPrivileges(bool enabled) {
  if (enabled) {
    Must(win32::EnablePrivilege(win32::Privilege::kBackup).value_or(false), "enable the privilege to back up");
    Must(win32::EnablePrivilege(win32::Privilege::kRestore).value_or(false), "enable the privilege to restore");
    return;
  }
  win32::TokenHandle token;
  Must(OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES, token.Out()), "open the token");
  Must(AdjustTokenPrivileges(token.Get(), TRUE, nullptr, 0, nullptr, nullptr), "disable all privileges");
}

FileHandle Open(const std::string& path, ACCESS_MASK access, DWORD disposition,
                SECURITY_ATTRIBUTES* security = nullptr) {
  return FileHandle(CreateFileW(ToWide(path).value().c_str(), access,
                                FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, security, disposition,
                                FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, nullptr));
}

bool Delete(const std::string& path) {
  const FileHandle file = Open(path, DELETE | FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES, OPEN_EXISTING);
  FILE_DISPOSITION_INFO gone{TRUE};
  FILE_BASIC_INFO normal{};
  normal.FileAttributes = FILE_ATTRIBUTE_NORMAL;  // Wine calls a file read-only that its owner has no entry for.
  if (file) SetFileInformationByHandle(file.Get(), FileBasicInfo, &normal, sizeof(normal));
  return file && SetFileInformationByHandle(file.Get(), FileDispositionInfo, &gone, sizeof(gone));
}

void WriteTo(const FileHandle& file, const std::vector<std::uint8_t>& content) {
  DWORD count = 0;
  Must(static_cast<bool>(file), "open a file to write it");
  Must(WriteFile(file.Get(), content.data(), static_cast<DWORD>(content.size()), &count, nullptr), "write");
}

}  // namespace

bool IsWine() { return GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "wine_get_version") != nullptr; }

bool IsElevated() {
  BOOL is_member = FALSE;
  return CheckTokenMembership(nullptr, win32::AsPsid(security::Sid::Administrators()), &is_member) && is_member;
}

security::Sid NobodyHere(std::uint32_t rid) {
  return security::Sid::FromString(win32::MachineSid().value().ToString() + "-" + std::to_string(rid)).value();
}

ClosedFolder::ClosedFolder(const char* sddl) {
  std::array<wchar_t, MAX_PATH> temp{};
  Must(GetTempPathW(MAX_PATH, temp.data()) != 0, "find the place for temporary files");
  static int number = 0;
  path_ = FromWide(temp.data()) + "acledger-closed-" + std::to_string(GetCurrentProcessId()) + "-" +
          std::to_string(++number);
  SetPrivileges(true);
  const auto descriptor = security::FromSddl(sddl).value();
  SECURITY_ATTRIBUTES security{sizeof(security), win32::AsDescriptor(descriptor), FALSE};
  Must(CreateDirectoryW(ToWide(path_).value().c_str(), &security), "make a folder");
}

ClosedFolder::~ClosedFolder() {
  try {
    SetPrivileges(true);
    for (const std::string& name : Names()) Delete(path_ + "\\" + name);
    Delete(path_);
  } catch (const std::exception& error) {
    std::cerr << "left behind: " << path_ << ": " << error.what() << '\n';
  }
}

std::vector<std::string> ClosedFolder::Names() const {
  SetPrivileges(true);
  const FileHandle folder = Open(path_, FILE_LIST_DIRECTORY, OPEN_EXISTING);
  Must(static_cast<bool>(folder), "open the folder");
  alignas(8) std::array<std::uint8_t, 16384> buffer{};
  std::vector<std::string> names;
  while (GetFileInformationByHandleEx(folder.Get(), FileIdBothDirectoryInfo, buffer.data(), buffer.size())) {
    for (std::size_t at = 0;;) {
      const auto* entry = reinterpret_cast<const FILE_ID_BOTH_DIR_INFO*>(buffer.data() + at);
      const std::string name = FromWide({entry->FileName, entry->FileNameLength / sizeof(wchar_t)});
      if (name != "." && name != "..") names.push_back(name);
      if (entry->NextEntryOffset == 0) break;
      at += entry->NextEntryOffset;
    }
  }
  Must(GetLastError() == ERROR_NO_MORE_FILES, "list the folder");
  return names;
}

std::vector<std::uint8_t> ClosedFolder::Read(const std::string& name) const {
  SetPrivileges(true);
  const FileHandle file = Open(path_ + "\\" + name, GENERIC_READ, OPEN_EXISTING);
  Must(static_cast<bool>(file), "open a file");
  std::vector<std::uint8_t> content(65536);
  DWORD count = 0;
  Must(ReadFile(file.Get(), content.data(), static_cast<DWORD>(content.size()), &count, nullptr), "read a file");
  content.resize(count);
  return content;
}

void ClosedFolder::Write(const std::string& name, const std::vector<std::uint8_t>& content) const {
  SetPrivileges(true);
  WriteTo(Open(path_ + "\\" + name, GENERIC_WRITE, TRUNCATE_EXISTING), content);
}

void ClosedFolder::Plant(const std::string& name, const std::vector<std::uint8_t>& content, const char* sddl) const {
  SetPrivileges(true);
  const auto names = Names();
  if (std::ranges::find(names, name) != names.end()) Must(Delete(path_ + "\\" + name), "remove a file");
  const auto descriptor = security::FromSddl(sddl).value();
  SECURITY_ATTRIBUTES security{sizeof(security), win32::AsDescriptor(descriptor), FALSE};
  WriteTo(Open(path_ + "\\" + name, GENERIC_WRITE, CREATE_NEW, &security), content);
}

void ClosedFolder::MakeReadOnly(const std::string& name) const {
  SetPrivileges(true);
  const FileHandle file = Open(path_ + "\\" + name, FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES, OPEN_EXISTING);
  FILE_BASIC_INFO info{};
  info.FileAttributes = FILE_ATTRIBUTE_READONLY;
  Must(file && SetFileInformationByHandle(file.Get(), FileBasicInfo, &info, sizeof(info)), "make a file read-only");
}

std::string ClosedFolder::SddlOf(const std::string& name) const {
  SetPrivileges(true);
  const FileHandle file = Open(name.empty() ? path_ : path_ + "\\" + name, READ_CONTROL, OPEN_EXISTING);
  Must(static_cast<bool>(file), "open what has a descriptor");
  std::array<std::uint8_t, 4096> buffer{};
  DWORD needed = 0;
  Must(GetKernelObjectSecurity(file.Get(), OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, buffer.data(),
                               static_cast<DWORD>(buffer.size()), &needed),
       "read a descriptor");
  const auto bytes = win32::ToDescriptorBytes(buffer.data()).value();
  return security::ToSddl(security::DescriptorView::Parse(bytes).value()).value();
}

std::uint32_t ClosedFolder::OpenPlainly(const std::string& name) const {
  SetPrivileges(false);
  const FileHandle file(CreateFileW(ToWide(path_ + "\\" + name).value().c_str(), GENERIC_READ, FILE_SHARE_READ, nullptr,
                                    OPEN_EXISTING, 0, nullptr));
  const DWORD code = file ? 0 : GetLastError();
  SetPrivileges(true);
  return code;
}

}  // namespace acledger::setup
