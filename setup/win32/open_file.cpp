// SPDX-License-Identifier: MIT
#include "setup/win32/open_file.h"

#include <cstddef>

#include "security/win32/system_error.h"
#include "setup/win32/wide.h"

namespace acledger::setup {
namespace {

using win32::FileHandle;
using win32::LastError;

constexpr DWORD kShareAll = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
constexpr DWORD kItself = FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT;

// Behind "C:\" or "\\server\share\", which are no folders that could be others.
std::size_t EndOfRoot(const std::wstring& path) {
  if (!path.starts_with(L"\\\\")) return 3;
  const std::size_t server = path.find(L'\\', 2);
  const std::size_t share = server == std::wstring::npos ? server : path.find(L'\\', server + 1);
  return share == std::wstring::npos ? path.size() : share + 1;
}

Expected<void> CheckFoldersAbove(const std::string& path, const std::wstring& wide) {
  for (std::size_t end = wide.find(L'\\', EndOfRoot(wide)); end != std::wstring::npos;
       end = wide.find(L'\\', end + 1)) {
    const DWORD attributes = GetFileAttributesW(wide.substr(0, end).c_str());
    if (attributes == INVALID_FILE_ATTRIBUTES) return std::unexpected(LastError("look at the folders above").At(path));
    if ((attributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0)
      return std::unexpected(Error{ErrorKind::kInvalid, "look at the folders above", path, 0,
                                   FromWide(wide.substr(0, end)) + " is a reparse point, which is never followed"});
  }
  return {};
}

}  // namespace

Expected<FileHandle> OpenItself(const std::string& path, std::uint32_t access) {
  const auto wide = ToWide(path);
  if (!wide) return std::unexpected(wide.error());
  if (const auto plain = CheckFoldersAbove(path, *wide); !plain) return std::unexpected(plain.error());
  FileHandle handle(CreateFileW(wide->c_str(), access, kShareAll, nullptr, OPEN_EXISTING, kItself, nullptr));
  if (!handle) return std::unexpected(LastError("open").At(path));
  return handle;
}

Expected<std::vector<EntryName>> EntriesIn(HANDLE folder) {
  std::vector<EntryName> entries;
  alignas(FILE_ID_BOTH_DIR_INFO) std::byte buffer[64 << 10];
  for (auto what = FileIdBothDirectoryRestartInfo;; what = FileIdBothDirectoryInfo) {
    if (!GetFileInformationByHandleEx(folder, what, buffer, sizeof buffer)) {
      if (GetLastError() == ERROR_NO_MORE_FILES) return entries;
      return std::unexpected(LastError("list the folder"));
    }
    for (std::size_t at = 0;;) {
      const auto* one = reinterpret_cast<const FILE_ID_BOTH_DIR_INFO*>(buffer + at);
      const std::wstring name(one->FileName, one->FileNameLength / sizeof(wchar_t));
      if (name != L"." && name != L"..") entries.push_back({name, one->FileAttributes});
      if (one->NextEntryOffset == 0) break;
      at += one->NextEntryOffset;
    }
  }
}

Expected<void> DeleteBehind(HANDLE file) {
  FILE_BASIC_INFO basic{};
  if (!GetFileInformationByHandleEx(file, FileBasicInfo, &basic, sizeof basic))
    return std::unexpected(LastError("read the attributes"));
  if ((basic.FileAttributes & FILE_ATTRIBUTE_READONLY) != 0) {
    FILE_BASIC_INFO writable{};
    writable.FileAttributes = (basic.FileAttributes & ~DWORD{FILE_ATTRIBUTE_READONLY}) | FILE_ATTRIBUTE_NORMAL;
    if (!SetFileInformationByHandle(file, FileBasicInfo, &writable, sizeof writable))
      return std::unexpected(LastError("make it writable"));
  }
  FILE_DISPOSITION_INFO gone{TRUE};
  if (!SetFileInformationByHandle(file, FileDispositionInfo, &gone, sizeof gone))
    return std::unexpected(LastError("delete"));
  return {};
}

}  // namespace acledger::setup
