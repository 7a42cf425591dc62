// SPDX-License-Identifier: MIT
#include "setup/win32/win32_folders.h"

#include "security/win32/convert.h"
#include "security/win32/system_error.h"
#include "setup/win32/open_file.h"
#include "setup/win32/wide.h"

namespace acledger::setup {
namespace {

using security::DescriptorBytes;
using win32::FileHandle;
using win32::LastError;

constexpr SECURITY_INFORMATION kParts =
    OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
constexpr DWORD kListAndDelete =
    DELETE | FILE_LIST_DIRECTORY | FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES | SYNCHRONIZE;

Expected<DescriptorBytes> DescriptorOf(HANDLE folder) {
  std::vector<std::uint8_t> buffer(4096);
  for (;;) {
    DWORD needed = 0;
    if (GetKernelObjectSecurity(folder, kParts, buffer.data(), static_cast<DWORD>(buffer.size()), &needed))
      return win32::ToDescriptorBytes(buffer.data());
    if (GetLastError() != ERROR_INSUFFICIENT_BUFFER || needed <= buffer.size())
      return std::unexpected(LastError("read the descriptor"));
    buffer.resize(needed);
  }
}

Expected<DWORD> AttributesOf(HANDLE file) {
  BY_HANDLE_FILE_INFORMATION info{};
  if (!GetFileInformationByHandle(file, &info)) return std::unexpected(LastError("read the attributes"));
  return info.dwFileAttributes;
}

bool IsPlainFolder(DWORD attributes) {
  return (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0 && (attributes & FILE_ATTRIBUTE_REPARSE_POINT) == 0;
}

std::unexpected<Error> At(const Error& error, const std::string& path) {
  return std::unexpected(Error(error).At(path));
}

}  // namespace

Expected<std::optional<FolderFacts>> Win32Folders::Find(const std::string& path) {
  const auto folder = OpenItself(path, READ_CONTROL | FILE_READ_ATTRIBUTES);
  if (!folder && folder.error().kind == ErrorKind::kNotFound) return std::nullopt;
  if (!folder) return std::unexpected(folder.error());
  const auto attributes = AttributesOf(folder->Get());
  if (!attributes) return At(attributes.error(), path);
  auto descriptor = DescriptorOf(folder->Get());
  if (!descriptor) return At(descriptor.error(), path);
  return FolderFacts{IsPlainFolder(*attributes), *std::move(descriptor)};
}

Expected<void> Win32Folders::Make(const std::string& path, security::Bytes descriptor) {
  const auto wide = ToWide(path);
  if (!wide) return std::unexpected(wide.error());
  SECURITY_ATTRIBUTES attributes{sizeof attributes, win32::AsDescriptor(descriptor), FALSE};
  if (CreateDirectoryW(wide->c_str(), &attributes)) return {};
  if (GetLastError() == ERROR_ALREADY_EXISTS)
    return std::unexpected(Error{ErrorKind::kMismatch, "make the folder", path, ERROR_ALREADY_EXISTS, "it is there"});
  return std::unexpected(LastError("make the folder").At(path));
}

Expected<void> Win32Folders::SetDescriptor(const std::string& path, security::Bytes descriptor) {
  const auto view = security::DescriptorView::Parse(descriptor);
  if (!view) return std::unexpected(view.error());
  const auto folder = OpenItself(path, READ_CONTROL | WRITE_DAC | WRITE_OWNER | FILE_READ_ATTRIBUTES);
  if (!folder) return std::unexpected(folder.error());
  const auto attributes = AttributesOf(folder->Get());
  if (!attributes) return At(attributes.error(), path);
  if (!IsPlainFolder(*attributes))
    return std::unexpected(Error{ErrorKind::kInvalid, "set the folder's descriptor", path, 0, "it is no plain folder"});
  const bool is_protected = (view->Control() & security::kDaclProtected) != 0;
  const SECURITY_INFORMATION how =
      is_protected ? PROTECTED_DACL_SECURITY_INFORMATION : UNPROTECTED_DACL_SECURITY_INFORMATION;
  if (SetKernelObjectSecurity(folder->Get(), kParts | how, win32::AsDescriptor(descriptor))) return {};
  return std::unexpected(LastError("set the folder's descriptor").At(path));
}

Expected<void> Win32Folders::RemoveEmpty(const std::string& path) {
  const auto folder = OpenItself(path, kListAndDelete);
  if (!folder) return std::unexpected(folder.error());
  const auto removed = DeleteBehind(folder->Get());
  return removed ? removed : At(removed.error(), path);
}

// By handles, since a search by name does not use the privilege to back up.
Expected<void> Win32Folders::RemoveTree(const std::string& path) {
  const auto itself = OpenItself(path, kListAndDelete);
  if (!itself) return std::unexpected(itself.error());
  const auto attributes = AttributesOf(itself->Get());
  if (!attributes) return At(attributes.error(), path);
  if (IsPlainFolder(*attributes)) {
    const auto entries = EntriesIn(itself->Get());
    if (!entries) return At(entries.error(), path);
    for (const EntryName& entry : *entries)
      if (const auto removed = RemoveTree(path + "\\" + FromWide(entry.name)); !removed) return removed;
  }
  const auto removed = DeleteBehind(itself->Get());
  return removed ? removed : At(removed.error(), path);
}

Expected<std::vector<std::string>> Win32Folders::NamesIn(const std::string& path) {
  const auto folder = OpenItself(path, FILE_LIST_DIRECTORY | FILE_READ_ATTRIBUTES | SYNCHRONIZE);
  if (!folder) return std::unexpected(folder.error());
  const auto entries = EntriesIn(folder->Get());
  if (!entries) return At(entries.error(), path);
  std::vector<std::string> names;
  for (const EntryName& entry : *entries) names.push_back(FromWide(entry.name));
  return names;
}

}  // namespace acledger::setup
