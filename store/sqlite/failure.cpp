// SPDX-License-Identifier: MIT
#include "store/sqlite/failure.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace acledger::store::sqlite {
namespace {

// sqlite3_system_errno() gives errno on POSIX and GetLastError() on Windows; the numbers of the latter are from
// winerror.h.
#ifdef _WIN32
constexpr std::array kNoRoom{39, 112};  // ERROR_HANDLE_DISK_FULL, ERROR_DISK_FULL
constexpr std::array kRefused{5, 19};   // ERROR_ACCESS_DENIED, ERROR_WRITE_PROTECT
constexpr std::array kMissing{
    2, 3, 15, 53};  // ERROR_FILE_NOT_FOUND, ERROR_PATH_NOT_FOUND, ERROR_INVALID_DRIVE, ERROR_BAD_NETPATH
#else
constexpr std::array kNoRoom{ENOSPC, EDQUOT};
constexpr std::array kRefused{EACCES, EPERM, EROFS};
constexpr std::array kMissing{ENOENT, ENOTDIR};
#endif

template <std::size_t N>
bool IsOneOf(const std::array<int, N>& codes, int code) {
  return std::ranges::find(codes, code) != codes.end();
}

ErrorKind KindOf(int result, int system_code) {
  switch (result & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_INTERRUPT:
      return ErrorKind::kBusy;
    case SQLITE_FULL:
      return ErrorKind::kNoSpace;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return ErrorKind::kCorrupt;
    case SQLITE_READONLY:
      return ErrorKind::kReadOnly;
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return ErrorKind::kDenied;
    case SQLITE_TOOBIG:
      return ErrorKind::kTooLarge;
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
      return ErrorKind::kInvalid;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
      if (IsOneOf(kNoRoom, system_code)) return ErrorKind::kNoSpace;
      if (IsOneOf(kRefused, system_code)) return ErrorKind::kDenied;
      if ((result & 0xff) == SQLITE_CANTOPEN && IsOneOf(kMissing, system_code)) return ErrorKind::kNotFound;
      return ErrorKind::kIo;
    default:
      return ErrorKind::kIo;
  }
}

bool HasSystemCode(int result) {
  const int primary = result & 0xff;
  return primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN || primary == SQLITE_FULL;
}

}  // namespace

Error MakeError(sqlite3* db, int result, std::string operation, std::string path) {
  // The connection keeps the code of the last failed system call; it says nothing of errors that are not the system's.
  const int system_code = db != nullptr && HasSystemCode(result) ? sqlite3_system_errno(db) : 0;
  std::string reason = db != nullptr ? sqlite3_errmsg(db) : sqlite3_errstr(result);
  reason += " (SQLite " + std::to_string(result) + ")";
  return {KindOf(result, system_code), std::move(operation), std::move(path), static_cast<std::uint32_t>(system_code),
          std::move(reason)};
}

}  // namespace acledger::store::sqlite
