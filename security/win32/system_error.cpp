// SPDX-License-Identifier: MIT
#include "security/win32/system_error.h"

#include <algorithm>
#include <array>
#include <string>

#include "security/win32/nt_api.h"
#include "security/wtf8.h"

namespace acledger::win32 {
namespace {

template <class Code>
struct Meaning {
  Code code;
  ErrorKind kind;
};

constexpr Meaning<NTSTATUS> kStatusMeanings[] = {
    {STATUS_OBJECT_NAME_NOT_FOUND, ErrorKind::kNotFound},
    {STATUS_OBJECT_PATH_NOT_FOUND, ErrorKind::kNotFound},
    {STATUS_NO_SUCH_FILE, ErrorKind::kNotFound},
    {STATUS_NO_SUCH_DEVICE, ErrorKind::kNotFound},
    {STATUS_NOT_FOUND, ErrorKind::kNotFound},
    {STATUS_DELETE_PENDING, ErrorKind::kNotFound},  // It goes with its last handle: nothing of ours will remain.
    {STATUS_FILE_DELETED, ErrorKind::kNotFound},
    {STATUS_ACCESS_DENIED, ErrorKind::kDenied},
    {STATUS_PRIVILEGE_NOT_HELD, ErrorKind::kDenied},
    {STATUS_SHARING_VIOLATION, ErrorKind::kBusy},
    {STATUS_OPLOCK_BREAK_IN_PROGRESS, ErrorKind::kBusy},
    {STATUS_CANNOT_BREAK_OPLOCK, ErrorKind::kBusy},
    {STATUS_FILE_LOCK_CONFLICT, ErrorKind::kBusy},
    {STATUS_NOT_SUPPORTED, ErrorKind::kUnsupported},
    {STATUS_NOT_IMPLEMENTED, ErrorKind::kUnsupported},
    {STATUS_INVALID_DEVICE_REQUEST, ErrorKind::kUnsupported},
    {STATUS_INVALID_INFO_CLASS, ErrorKind::kUnsupported},
    {kStatusReparsePointEncountered, ErrorKind::kUnsupported},
    {STATUS_IO_REPARSE_TAG_NOT_HANDLED, ErrorKind::kUnsupported},
    {STATUS_OBJECT_NAME_INVALID, ErrorKind::kInvalid},
    {STATUS_OBJECT_PATH_SYNTAX_BAD, ErrorKind::kInvalid},
    {STATUS_NAME_TOO_LONG, ErrorKind::kInvalid},
    {STATUS_INVALID_PARAMETER, ErrorKind::kInvalid},
    {STATUS_INVALID_SECURITY_DESCR, ErrorKind::kInvalid},
    {STATUS_INVALID_ACL, ErrorKind::kInvalid},
    {STATUS_INVALID_SID, ErrorKind::kInvalid},
    {STATUS_NOT_A_DIRECTORY, ErrorKind::kInvalid},
    {STATUS_ALLOTTED_SPACE_EXCEEDED, ErrorKind::kTooLarge},
    {STATUS_MEDIA_WRITE_PROTECTED, ErrorKind::kReadOnly},
    {STATUS_DISK_FULL, ErrorKind::kNoSpace},
    {STATUS_QUOTA_EXCEEDED, ErrorKind::kNoSpace},
    {STATUS_FILE_CORRUPT_ERROR, ErrorKind::kCorrupt},
    {STATUS_DISK_CORRUPT_ERROR, ErrorKind::kCorrupt},
};

constexpr Meaning<DWORD> kWin32Meanings[] = {
    {ERROR_FILE_NOT_FOUND, ErrorKind::kNotFound},
    {ERROR_PATH_NOT_FOUND, ErrorKind::kNotFound},
    {ERROR_NOT_FOUND, ErrorKind::kNotFound},
    {ERROR_INVALID_DRIVE, ErrorKind::kNotFound},
    {ERROR_DELETE_PENDING, ErrorKind::kNotFound},
    {ERROR_ACCESS_DENIED, ErrorKind::kDenied},
    {ERROR_PRIVILEGE_NOT_HELD, ErrorKind::kDenied},
    {ERROR_NOT_ALL_ASSIGNED, ErrorKind::kDenied},
    {ERROR_SHARING_VIOLATION, ErrorKind::kBusy},
    {ERROR_LOCK_VIOLATION, ErrorKind::kBusy},
    {ERROR_BUSY, ErrorKind::kBusy},
    {ERROR_PIPE_BUSY, ErrorKind::kBusy},
    {ERROR_NOT_SUPPORTED, ErrorKind::kUnsupported},
    {ERROR_INVALID_FUNCTION, ErrorKind::kUnsupported},
    {ERROR_CALL_NOT_IMPLEMENTED, ErrorKind::kUnsupported},
    {ERROR_INVALID_PARAMETER, ErrorKind::kInvalid},
    {ERROR_INVALID_NAME, ErrorKind::kInvalid},
    {ERROR_INVALID_SID, ErrorKind::kInvalid},
    {ERROR_INVALID_ACL, ErrorKind::kInvalid},
    {ERROR_INVALID_SECURITY_DESCR, ErrorKind::kInvalid},
    {ERROR_WRITE_PROTECT, ErrorKind::kReadOnly},
    {ERROR_DISK_FULL, ErrorKind::kNoSpace},
    {ERROR_HANDLE_DISK_FULL, ErrorKind::kNoSpace},
    {ERROR_FILE_CORRUPT, ErrorKind::kCorrupt},
    {ERROR_DISK_CORRUPT, ErrorKind::kCorrupt},
};

template <class Code, std::size_t kCount>
ErrorKind KindIn(const Meaning<Code> (&meanings)[kCount], Code code) {
  const auto* found =
      std::find_if(std::begin(meanings), std::end(meanings), [code](const auto& m) { return m.code == code; });
  return found == std::end(meanings) ? ErrorKind::kIo : found->kind;
}

// The system's own words without the line end and the full stop, starting in lower case.
std::string TextOf(DWORD code) {
  std::array<wchar_t, 512> text{};
  DWORD size = FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, nullptr, code, 0, text.data(),
                              static_cast<DWORD>(text.size()), nullptr);
  while (size > 0 && (text[size - 1] <= L' ' || text[size - 1] == L'.')) --size;
  if (size == 0) return "Windows error " + std::to_string(code);
  if (text[0] >= L'A' && text[0] <= L'Z') text[0] = static_cast<wchar_t>(text[0] - L'A' + L'a');
  return ToWtf8(std::u16string(text.begin(), text.begin() + size));
}

}  // namespace

ErrorKind KindOfStatus(std::int32_t status) { return KindIn<NTSTATUS>(kStatusMeanings, status); }
ErrorKind KindOfWin32(std::uint32_t code) { return KindIn<DWORD>(kWin32Meanings, code); }

Error LastError(const char* operation) { return Win32Error(operation, GetLastError()); }

Error Win32Error(const char* operation, std::uint32_t code) {
  return {KindOfWin32(code), operation, {}, code, TextOf(code)};
}

Error StatusError(const char* operation, std::int32_t status) {
  return {
      KindOfStatus(status), operation, {}, static_cast<std::uint32_t>(status), TextOf(RtlNtStatusToDosError(status))};
}

}  // namespace acledger::win32
