// SPDX-License-Identifier: MIT
#include "daemon/server/posix/stale_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace acledger::daemon::posix {
namespace {

ErrorKind KindOfErrno(int code) {
  switch (code) {
    case ENOENT:
      return ErrorKind::kNotFound;
    case EACCES:
    case EPERM:
      return ErrorKind::kDenied;
    case EADDRINUSE:
      return ErrorKind::kBusy;
    case EROFS:
      return ErrorKind::kReadOnly;
    case ENOSPC:
      return ErrorKind::kNoSpace;
    case ENOTDIR:
      return ErrorKind::kInvalid;
    default:
      return ErrorKind::kIo;
  }
}

// Whether connecting works, or would if the server had room. False: a dead one's socket.
Expected<bool> IsAnswered(const std::string& path) {
  const int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (probe < 0) return std::unexpected(LastError("make a socket"));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  const bool connected = connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  const Error error = LastError("ask whether a server answers");
  close(probe);
  if (connected || error.code == EAGAIN || error.code == EINPROGRESS) return true;
  if (error.code == ECONNREFUSED) return false;
  return std::unexpected(error);
}

}  // namespace

Error LastError(const char* operation) {
  const int code = errno;
  return {KindOfErrno(code), operation, {}, static_cast<std::uint32_t>(code), std::generic_category().message(code)};
}

Expected<void> RemoveStaleSocket(const std::string& path) {
  if (path.empty() || path.size() >= sizeof(sockaddr_un::sun_path) || path.find('\0') != std::string::npos)
    return Fail(ErrorKind::kInvalid, "make a socket", "its path must have 1 to 107 bytes");
  struct stat there{};
  if (lstat(path.c_str(), &there) != 0) {
    if (errno == ENOENT) return {};
    return std::unexpected(LastError("look for a socket"));
  }
  if (!S_ISSOCK(there.st_mode)) return Fail(ErrorKind::kInvalid, "make a socket", "something else is at its path");
  const Expected<bool> answered = IsAnswered(path);
  if (!answered) return std::unexpected(answered.error());
  if (*answered) return Fail(ErrorKind::kBusy, "make a socket", "a server answers there already");
  if (unlink(path.c_str()) != 0) return std::unexpected(LastError("remove a stale socket"));
  return {};
}

}  // namespace acledger::daemon::posix
