// SPDX-License-Identifier: MIT
#include "security/win32/protected_folder.h"

#include <algorithm>
#include <vector>

#include "security/sddl.h"
#include "security/win32/convert.h"
#include "security/win32/handle.h"
#include "security/win32/system_error.h"
#include "security/win32/token_user.h"
#include "security/wtf8.h"

namespace acledger::win32 {
namespace {

using security::DescriptorBytes;
using security::Sid;

// Administrators is an enabled group of the caller.
Expected<bool> IsAdministrator() {
  BOOL is_member = FALSE;
  if (!CheckTokenMembership(nullptr, AsPsid(Sid::Administrators()), &is_member))
    return std::unexpected(LastError("ask for the caller's groups"));
  return is_member != FALSE;
}

struct Wanted {
  std::vector<Sid> owners;
  DescriptorBytes descriptor;
};

Expected<Wanted> WantedNow() {
  const Expected<bool> is_administrator = IsAdministrator();
  if (!is_administrator) return std::unexpected(is_administrator.error());
  const Expected<Sid> caller = CallerSid();
  if (!caller) return std::unexpected(caller.error());
  // An administrator's folder is not his own: what runs as him without that right would be its owner too.
  std::string dacl = "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)";
  dacl = *is_administrator ? "O:BA" + dacl : dacl + "(A;OICI;FA;;;" + caller->ToString() + ")";
  Expected<DescriptorBytes> descriptor = security::FromSddl(dacl);
  if (!descriptor) return std::unexpected(descriptor.error());
  std::vector<Sid> owners = {Sid::System(), Sid::Administrators()};
  if (!*is_administrator) owners.push_back(*caller);
  return Wanted{std::move(owners), std::move(*descriptor)};
}

Expected<DescriptorBytes> Query(HANDLE folder) {
  constexpr SECURITY_INFORMATION kParts = OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
  std::vector<std::uint8_t> buffer(4096);
  DWORD needed = 0;
  if (!GetKernelObjectSecurity(folder, kParts, buffer.data(), static_cast<DWORD>(buffer.size()), &needed)) {
    if (GetLastError() != ERROR_INSUFFICIENT_BUFFER) return std::unexpected(LastError("read the folder's descriptor"));
    buffer.resize(needed);
    if (!GetKernelObjectSecurity(folder, kParts, buffer.data(), needed, &needed))
      return std::unexpected(LastError("read the folder's descriptor"));
  }
  return ToDescriptorBytes(buffer.data());
}

Expected<void> CheckOwner(HANDLE folder, const Wanted& wanted) {
  const Expected<DescriptorBytes> now = Query(folder);
  if (!now) return std::unexpected(now.error());
  const auto view = security::DescriptorView::Parse(*now);
  if (!view) return std::unexpected(view.error());
  const auto owner = view->Owner();
  const bool is_ours = owner && std::ranges::any_of(wanted.owners, [&owner](const Sid& sid) { return *owner == sid; });
  if (is_ours) return {};
  return Fail(ErrorKind::kDenied, "use the folder",
              "it belongs to " + (owner ? owner->ToString() : std::string("nobody")) +
                  ", who could always open it again: take it away, or have an administrator take it over");
}

Expected<void> CheckPlainFolder(HANDLE folder) {
  BY_HANDLE_FILE_INFORMATION info{};
  if (!GetFileInformationByHandle(folder, &info)) return std::unexpected(LastError("read the folder's attributes"));
  const bool is_plain = (info.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0 &&
                        (info.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) == 0;
  if (is_plain) return {};
  return Fail(ErrorKind::kUnsupported, "use the folder",
              "it is no folder, or a reparse point, which is never followed");
}

bool SameDacl(const DescriptorBytes& left, const DescriptorBytes& right) {
  const auto a = security::DescriptorView::Parse(left), b = security::DescriptorView::Parse(right);
  return a && b && a->Dacl() && b->Dacl() && (a->Control() & security::kDaclProtected) != 0 &&
         std::ranges::equal(a->Dacl()->AsBytes(), b->Dacl()->AsBytes());
}

Expected<void> Protect(HANDLE folder, const Wanted& wanted) {
  if (!SetKernelObjectSecurity(folder, DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION,
                               AsDescriptor(wanted.descriptor)))
    return std::unexpected(LastError("protect the folder"));
  const Expected<DescriptorBytes> now = Query(folder);
  if (!now) return std::unexpected(now.error());
  if (SameDacl(*now, wanted.descriptor)) return {};
  return Fail(ErrorKind::kNoEffect, "protect the folder", "the system keeps another DACL than it was given");
}

Expected<void> Make(const std::wstring& path) {
  const Expected<Wanted> wanted = WantedNow();
  if (!wanted) return std::unexpected(wanted.error());
  SECURITY_ATTRIBUTES attributes{sizeof(attributes), AsDescriptor(wanted->descriptor), FALSE};
  if (!CreateDirectoryW(path.c_str(), &attributes) && GetLastError() != ERROR_ALREADY_EXISTS)
    return std::unexpected(LastError("make the folder"));
  const FileHandle folder(CreateFileW(path.c_str(), READ_CONTROL | WRITE_DAC | FILE_READ_ATTRIBUTES,
                                      FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr, OPEN_EXISTING,
                                      FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, nullptr));
  if (!folder) return std::unexpected(LastError("open the folder"));
  if (Expected<void> plain = CheckPlainFolder(folder.Get()); !plain) return plain;
  if (Expected<void> owned = CheckOwner(folder.Get(), *wanted); !owned) return owned;
  const Expected<DescriptorBytes> now = Query(folder.Get());
  if (!now) return std::unexpected(now.error());
  if (SameDacl(*now, wanted->descriptor)) return {};
  return Protect(folder.Get(), *wanted);
}

}  // namespace

Expected<void> MakeProtectedFolder(const std::wstring& path) {
  Expected<void> made = Make(path);
  if (!made) return std::unexpected(std::move(made).error().At(ToWtf8(std::u16string(path.begin(), path.end()))));
  return made;
}

}  // namespace acledger::win32
