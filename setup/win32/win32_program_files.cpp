// SPDX-License-Identifier: MIT
#include "setup/win32/win32_program_files.h"

#include <algorithm>
#include <array>
#include <vector>

#include "security/win32/system_error.h"
#include "setup/win32/open_file.h"
#include "setup/win32/wide.h"

namespace acledger::setup {
namespace {

using win32::FileHandle;
using win32::LastError;

constexpr std::size_t kPiece = 1 << 20;
constexpr char kUnfinished[] = ".new";  // Behind the name of a copy that is being made.

Expected<FileHandle> OpenPlain(const std::string& path, std::uint32_t access) {
  auto file = OpenItself(path, access | FILE_READ_ATTRIBUTES);
  if (!file) return file;
  BY_HANDLE_FILE_INFORMATION info{};
  if (!GetFileInformationByHandle(file->Get(), &info))
    return std::unexpected(LastError("read the attributes").At(path));
  if ((info.dwFileAttributes & (FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_REPARSE_POINT)) == 0) return file;
  return std::unexpected(Error{ErrorKind::kInvalid, "open", path, 0, "it is no plain file"});
}

Expected<std::size_t> ReadPiece(HANDLE file, std::vector<std::uint8_t>& bytes) {
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    DWORD read = 0;
    if (!ReadFile(file, bytes.data() + filled, static_cast<DWORD>(bytes.size() - filled), &read, nullptr))
      return std::unexpected(LastError("read"));
    if (read == 0) break;
    filled += read;
  }
  return filled;
}

// One that runs cannot be deleted, and can be moved on its volume.
Expected<void> MoveAway(const std::wstring& path) {
  std::array<wchar_t, MAX_PATH + 1> folder{}, name{};
  if (GetWindowsDirectoryW(folder.data(), MAX_PATH) == 0) return std::unexpected(LastError("ask for Windows' folder"));
  const std::wstring temporary = std::wstring(folder.data()) + L"\\Temp";
  if (GetTempFileNameW(temporary.c_str(), L"acl", 0, name.data()) == 0)
    return std::unexpected(LastError("make a name in Windows' folder for temporary files"));
  if (!MoveFileExW(path.c_str(), name.data(), MOVEFILE_REPLACE_EXISTING))
    return std::unexpected(LastError("move the running program away"));
  if (!MoveFileExW(name.data(), nullptr, MOVEFILE_DELAY_UNTIL_REBOOT))
    return std::unexpected(LastError("have it deleted at the next start"));
  return {};
}

}  // namespace

Expected<bool> Win32ProgramFiles::Exists(const std::string& path) {
  const auto file = OpenPlain(path, 0);
  if (!file && file.error().kind == ErrorKind::kNotFound) return false;
  if (!file) return std::unexpected(file.error());
  return true;
}

Expected<bool> Win32ProgramFiles::HasTraces(const std::string& path) {
  const auto there = Exists(path);
  return !there || *there ? there : Exists(path + kUnfinished);
}

Expected<bool> Win32ProgramFiles::HaveSameContents(const std::string& one, const std::string& other) {
  const auto left = OpenPlain(one, FILE_READ_DATA | SYNCHRONIZE),
             right = OpenPlain(other, FILE_READ_DATA | SYNCHRONIZE);
  if (!left || !right) return std::unexpected(left ? right.error() : left.error());
  std::vector<std::uint8_t> a(kPiece), b(kPiece);
  for (;;) {
    const auto read_a = ReadPiece(left->Get(), a), read_b = ReadPiece(right->Get(), b);
    if (!read_a) return std::unexpected(Error(read_a.error()).At(one));
    if (!read_b) return std::unexpected(Error(read_b.error()).At(other));
    if (*read_a != *read_b || !std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(*read_a), b.begin()))
      return false;
    if (*read_a == 0) return true;
  }
}

Expected<void> Win32ProgramFiles::Copy(const std::string& from, const std::string& to) {
  const auto source = ToWide(from), target = ToWide(to), fresh = ToWide(to + kUnfinished);
  for (const auto* one : {&source, &target, &fresh})
    if (!*one) return std::unexpected(one->error());
  if (!CopyFileW(source->c_str(), fresh->c_str(), FALSE)) return std::unexpected(LastError("copy to").At(to));
  const auto file = OpenPlain(to + kUnfinished, FILE_WRITE_DATA | SYNCHRONIZE);
  if (!file) return std::unexpected(file.error());
  if (!FlushFileBuffers(file->Get())) return std::unexpected(LastError("flush").At(to));
  const auto there = Exists(to);
  if (!there) return std::unexpected(there.error());
  if (*there && !MoveFileExW(fresh->c_str(), target->c_str(), MOVEFILE_REPLACE_EXISTING)) {
    if (const auto away = MoveAway(*target); !away) return std::unexpected(Error(away.error()).At(to));
  } else if (*there) {
    return {};
  }
  if (!MoveFileExW(fresh->c_str(), target->c_str(), 0)) return std::unexpected(LastError("name the copy").At(to));
  return {};
}

Expected<void> Win32ProgramFiles::Remove(const std::string& path) {
  for (const std::string& one : {path + kUnfinished, path}) {
    const auto wide = ToWide(one);
    if (!wide) return std::unexpected(wide.error());
    const auto there = Exists(one);
    if (!there) return std::unexpected(there.error());
    if (!*there || DeleteFileW(wide->c_str())) continue;
    if (const auto away = MoveAway(*wide); !away) return std::unexpected(Error(away.error()).At(one));
  }
  return {};
}

}  // namespace acledger::setup
