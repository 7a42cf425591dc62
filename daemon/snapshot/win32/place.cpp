// SPDX-License-Identifier: MIT
#include "daemon/snapshot/place.h"

#include <algorithm>

#include "security/sddl.h"
#include "security/win32/convert.h"
#include "security/win32/handle.h"
#include "security/win32/protected_folder.h"
#include "security/win32/system_error.h"
#include "security/wtf8.h"

namespace acledger::daemon::snapshot {
namespace {

using security::DescriptorBytes;
using security::Sid;

constexpr LONGLONG kMostBytes = LONGLONG{1} << 30;

std::wstring Wide(const std::string& path) {
  const std::u16string name = FromWtf8(path).value_or(u"");
  return {name.begin(), name.end()};
}

std::unexpected<Error> Last(const char* operation, const std::string& path) {
  return std::unexpected(win32::LastError(operation).At(path));
}

Expected<Sid> OwnSid() {
  win32::TokenHandle token;
  if (!OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, token.Out()) &&
      !OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, token.Out()))
    return std::unexpected(win32::LastError("open the own token"));
  alignas(TOKEN_USER) BYTE buffer[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
  DWORD size = 0;
  if (!GetTokenInformation(token.Get(), TokenUser, buffer, sizeof buffer, &size))
    return std::unexpected(win32::LastError("read the own user"));
  return win32::ToSid(reinterpret_cast<const TOKEN_USER*>(buffer)->User.Sid);
}

// SYSTEM and Administrators, and who runs the daemon: everything. The user: read.
Expected<DescriptorBytes> DescriptorFor(const std::string& user) {
  const Expected<Sid> own = OwnSid();
  if (!own) return std::unexpected(own.error());
  BOOL is_administrator = FALSE;
  if (!CheckTokenMembership(nullptr, win32::AsPsid(Sid::Administrators()), &is_administrator))
    return std::unexpected(win32::LastError("ask for the own groups"));
  const std::string owner = is_administrator ? "BA" : own->ToString();
  return security::FromSddl("O:" + owner + "D:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;FR;;;" + user + ")" +
                            (is_administrator ? "" : "(A;;FA;;;" + owner + ")"));
}

Expected<void> WriteFresh(const std::string& path, const std::string& user, security::Bytes bytes) {
  const Expected<DescriptorBytes> descriptor = DescriptorFor(user);
  if (!descriptor) return std::unexpected(descriptor.error());
  SECURITY_ATTRIBUTES attributes{sizeof attributes, win32::AsDescriptor(*descriptor), FALSE};
  const win32::FileHandle file(
      CreateFileW(Wide(path).c_str(), GENERIC_WRITE, 0, &attributes, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, nullptr));
  if (!file) return Last("make the snapshot", path);
  while (!bytes.empty()) {
    DWORD done = 0;
    const auto some = static_cast<DWORD>(std::min<std::size_t>(bytes.size(), 1u << 24));
    if (!WriteFile(file.Get(), bytes.data(), some, &done, nullptr)) return Last("write the snapshot", path);
    bytes = bytes.subspan(done);
  }
  if (!FlushFileBuffers(file.Get())) return Last("flush the snapshot", path);
  return {};
}

// Written by SYSTEM, by an administrator, or by the reader himself (embedded use): nobody else could make it so.
Expected<void> CheckOwner(HANDLE file, const std::string& path) {
  DescriptorBytes buffer(4096);
  DWORD needed = 0;
  if (!GetKernelObjectSecurity(file, OWNER_SECURITY_INFORMATION, buffer.data(), static_cast<DWORD>(buffer.size()),
                               &needed))
    return Last("read the snapshot's owner", path);
  const Expected<DescriptorBytes> bytes = win32::ToDescriptorBytes(buffer.data());
  if (!bytes) return std::unexpected(bytes.error());
  const auto view = security::DescriptorView::Parse(*bytes);
  if (!view) return std::unexpected(view.error());
  const Expected<Sid> own = OwnSid();
  if (!own) return std::unexpected(own.error());
  const std::optional<Sid> owner = view->Owner();
  if (owner && (*owner == Sid::System() || *owner == Sid::Administrators() || *owner == *own)) return {};
  return std::unexpected(Error{ErrorKind::kDenied, "trust the snapshot", path, 0,
                               "others than the daemon could have written it: it belongs to " +
                                   (owner ? owner->ToString() : std::string("nobody"))});
}

}  // namespace

Expected<std::string> CurrentUser() {
  const Expected<Sid> own = OwnSid();
  if (!own) return std::unexpected(own.error());
  return own->ToString();
}

Expected<void> MakeFolder(const std::string& folder) { return win32::MakeProtectedFolder(Wide(folder)); }

// Readers of ours share everything (ReadWhole()); another program that does not keeps the name busy for a while.
Expected<void> Replace(const std::string& path, const std::string& user, security::Bytes bytes) {
  const std::string fresh = path + ".new";
  if (Expected<void> removed = RemoveFile(fresh); !removed) return removed;
  if (Expected<void> written = WriteFresh(fresh, user, bytes); !written) return written;
  if (MoveFileExW(Wide(fresh).c_str(), Wide(path).c_str(), MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH))
    return {};
  Error error = win32::LastError("replace the snapshot").At(path);
  if (error.code == ERROR_ACCESS_DENIED || error.code == ERROR_SHARING_VIOLATION) error.kind = ErrorKind::kBusy;
  return std::unexpected(std::move(error));
}

Expected<void> RemoveFile(const std::string& path) {
  if (DeleteFileW(Wide(path).c_str()) || GetLastError() == ERROR_FILE_NOT_FOUND) return {};
  return Last("remove the snapshot", path);
}

Expected<DescriptorBytes> ReadWhole(const std::string& path) {
  const win32::FileHandle file(CreateFileW(Wide(path).c_str(), GENERIC_READ,
                                           FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr,
                                           OPEN_EXISTING, FILE_FLAG_OPEN_REPARSE_POINT, nullptr));
  if (!file) return Last("open the snapshot", path);
  if (Expected<void> owned = CheckOwner(file.Get(), path); !owned) return std::unexpected(owned.error());
  LARGE_INTEGER size{};
  if (!GetFileSizeEx(file.Get(), &size)) return Last("read the snapshot", path);
  if (size.QuadPart > kMostBytes)
    return std::unexpected(Error{ErrorKind::kTooLarge, "read the snapshot", path, 0, "it is larger than 1 GiB"});
  DescriptorBytes bytes(static_cast<std::size_t>(size.QuadPart));
  std::size_t have = 0;
  while (have < bytes.size()) {
    DWORD got = 0;
    const auto some = static_cast<DWORD>(std::min<std::size_t>(bytes.size() - have, 1u << 24));
    if (!ReadFile(file.Get(), bytes.data() + have, some, &got, nullptr)) return Last("read the snapshot", path);
    if (got == 0) break;
    have += got;
  }
  bytes.resize(have);
  return bytes;
}

}  // namespace acledger::daemon::snapshot
