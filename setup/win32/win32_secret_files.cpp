// SPDX-License-Identifier: MIT
#include "setup/win32/win32_secret_files.h"

#include <algorithm>

#include "security/win32/convert.h"
#include "security/win32/handle.h"
#include "security/win32/privilege.h"
#include "security/win32/system_error.h"
#include "setup/win32/wide.h"

namespace acledger::setup {
namespace {

using security::DescriptorBytes;
using win32::FileHandle;

constexpr std::uint64_t kMostBytes = 64 * 1024;

std::unexpected<Error> Mismatch(const char* reason) {
  return Fail(ErrorKind::kMismatch, "look at a secret's file", reason);
}

FileHandle Open(const std::wstring& path, ACCESS_MASK access, DWORD sharing, SECURITY_ATTRIBUTES* security,
                DWORD disposition) {
  constexpr DWORD kFlags =
      FILE_ATTRIBUTE_NORMAL | FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT | FILE_FLAG_WRITE_THROUGH;
  return FileHandle(CreateFileW(path.c_str(), access, sharing, security, disposition, kFlags, nullptr));
}

bool IsNotThere(DWORD code) { return code == ERROR_FILE_NOT_FOUND || code == ERROR_PATH_NOT_FOUND; }

Expected<DescriptorBytes> DescriptorOf(HANDLE file) {
  constexpr SECURITY_INFORMATION kParts = OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
  DWORD needed = 0;
  std::vector<std::uint8_t> buffer(4096);
  if (!GetKernelObjectSecurity(file, kParts, buffer.data(), static_cast<DWORD>(buffer.size()), &needed)) {
    if (GetLastError() != ERROR_INSUFFICIENT_BUFFER) return std::unexpected(win32::LastError("read who may open it"));
    return Mismatch("it has a longer list of access");
  }
  return win32::ToDescriptorBytes(buffer.data());
}

// Owner, list of access, and that nothing is inherited into it.
bool SameGuard(security::Bytes left, security::Bytes right) {
  const auto a = security::DescriptorView::Parse(left), b = security::DescriptorView::Parse(right);
  if (!a || !b || !a->Owner() || !b->Owner() || !a->Dacl() || !b->Dacl()) return false;
  return *a->Owner() == *b->Owner() && ((a->Control() ^ b->Control()) & security::kDaclProtected) == 0 &&
         std::ranges::equal(a->Dacl()->AsBytes(), b->Dacl()->AsBytes());
}

// By the handle: the name goes with it.
Expected<void> Delete(HANDLE file) {
  FILE_DISPOSITION_INFO gone{TRUE};
  if (!SetFileInformationByHandle(file, FileDispositionInfo, &gone, sizeof(gone)))
    return std::unexpected(win32::LastError("remove a secret's file"));
  return {};
}

Expected<void> WriteAndFlush(HANDLE file, security::Bytes content) {
  DWORD written = 0;
  if (!WriteFile(file, content.data(), static_cast<DWORD>(content.size()), &written, nullptr))
    return std::unexpected(win32::LastError("write a secret's file"));
  if (written != content.size()) return Fail(ErrorKind::kIo, "write a secret's file", "not all of it was written");
  // On NTFS this makes the file's name durable too: its log is written in order.
  if (!FlushFileBuffers(file)) return std::unexpected(win32::LastError("flush a secret's file"));
  return {};
}

Expected<std::vector<std::uint8_t>> ReadAll(HANDLE file) {
  LARGE_INTEGER size{};
  if (!GetFileSizeEx(file, &size)) return std::unexpected(win32::LastError("read a secret's file"));
  if (static_cast<std::uint64_t>(size.QuadPart) > kMostBytes)
    return Fail(ErrorKind::kCorrupt, "read a secret's file", "it is longer than any secret");
  std::vector<std::uint8_t> content(static_cast<std::size_t>(size.QuadPart));
  DWORD count = 0;
  if (!ReadFile(file, content.data(), static_cast<DWORD>(content.size()), &count, nullptr))
    return std::unexpected(win32::LastError("read a secret's file"));
  content.resize(count);
  return content;
}

template <class T>
Expected<T> At(const std::string& name, Expected<T> result) {
  if (!result) return std::unexpected(std::move(result.error()).At(name));
  return result;
}

}  // namespace

// A name alone, so that nothing leads out of the folder.
Expected<std::wstring> Win32SecretFiles::PathOf(const std::string& name) const {
  if (name.empty() || name == "." || name == ".." || name.find_first_of("\\/:*?\"<>|") != name.npos)
    return Fail(ErrorKind::kInvalid, "name a secret's file", "it is no name of a file");
  if (by_privilege_)
    for (const auto privilege : {win32::Privilege::kBackup, win32::Privilege::kRestore})
      // Who does not hold it is told so by what it would have opened.
      if (const auto enabled = win32::EnablePrivilege(privilege); !enabled) return std::unexpected(enabled.error());
  return ToWide(folder_ + "\\" + name);
}

Expected<void> Win32SecretFiles::ExpectOurs(void* file) const {
  BY_HANDLE_FILE_INFORMATION info{};
  if (!GetFileInformationByHandle(file, &info)) return std::unexpected(win32::LastError("look at a secret's file"));
  if ((info.dwFileAttributes & (FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_REPARSE_POINT)) != 0)
    return Mismatch("it is no plain file");
  if (info.nNumberOfLinks != 1) return Mismatch("it has another name too");
  const auto descriptor = DescriptorOf(file);
  if (!descriptor) return std::unexpected(descriptor.error());
  if (SameGuard(*descriptor, descriptor_)) return {};
  return Mismatch("its owner or its list of access is another: somebody else may have read or written it");
}

Expected<std::optional<std::vector<std::uint8_t>>> Win32SecretFiles::Read(const std::string& name) {
  const auto path = PathOf(name);
  if (!path) return std::unexpected(path.error());
  const FileHandle file = Open(*path, GENERIC_READ | READ_CONTROL, FILE_SHARE_READ, nullptr, OPEN_EXISTING);
  if (!file) {
    const DWORD code = GetLastError();
    if (IsNotThere(code)) return std::optional<std::vector<std::uint8_t>>();
    return std::unexpected(win32::Win32Error("open a secret's file", code).At(name));
  }
  if (auto ours = At(name, ExpectOurs(file.Get())); !ours) return std::unexpected(ours.error());
  auto content = At(name, ReadAll(file.Get()));
  if (!content) return std::unexpected(content.error());
  return std::optional(std::move(*content));
}

Expected<void> Win32SecretFiles::WriteNew(const std::string& name, security::Bytes content) {
  const auto path = PathOf(name);
  if (!path) return std::unexpected(path.error());
  SECURITY_ATTRIBUTES security{sizeof(security), win32::AsDescriptor(descriptor_), FALSE};
  const FileHandle file =
      Open(*path, GENERIC_WRITE | READ_CONTROL | DELETE | FILE_READ_ATTRIBUTES, 0, &security, CREATE_NEW);
  if (!file) {
    Error error = win32::LastError("make a secret's file").At(name);
    if (error.code == ERROR_FILE_EXISTS || error.code == ERROR_ALREADY_EXISTS) error.kind = ErrorKind::kMismatch;
    return std::unexpected(std::move(error));
  }
  // Only then anything is written.
  auto done = ExpectOurs(file.Get());
  if (!done && done.error().kind == ErrorKind::kMismatch) done.error().kind = ErrorKind::kNoEffect;
  if (done) done = WriteAndFlush(file.Get(), content);
  if (!done) static_cast<void>(Delete(file.Get()));
  return At(name, std::move(done));
}

Expected<void> Win32SecretFiles::Remove(const std::string& name) {
  const auto path = PathOf(name);
  if (!path) return std::unexpected(path.error());
  const FileHandle file = Open(*path, DELETE | FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES,
                               FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr, OPEN_EXISTING);
  if (!file) {
    const DWORD code = GetLastError();
    if (IsNotThere(code)) return {};
    return std::unexpected(win32::Win32Error("open a secret's file", code).At(name));
  }
  BY_HANDLE_FILE_INFORMATION info{};
  if (!GetFileInformationByHandle(file.Get(), &info))
    return std::unexpected(win32::LastError("look at a secret's file").At(name));
  if ((info.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0 &&
      (info.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) == 0)
    return std::unexpected(Error{ErrorKind::kInvalid, "remove a secret's file", name, 0, "it is a folder"});
  if ((info.dwFileAttributes & FILE_ATTRIBUTE_READONLY) != 0) {
    FILE_BASIC_INFO normal{};
    normal.FileAttributes = FILE_ATTRIBUTE_NORMAL;
    if (!SetFileInformationByHandle(file.Get(), FileBasicInfo, &normal, sizeof(normal)))
      return std::unexpected(win32::LastError("remove a secret's file").At(name));
  }
  return At(name, Delete(file.Get()));
}

}  // namespace acledger::setup
