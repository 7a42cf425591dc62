// SPDX-License-Identifier: MIT
#include "daemon/snapshot/place.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace acledger::daemon::snapshot {
namespace {

constexpr off_t kMostBytes = off_t{1} << 30;

std::unexpected<Error> Last(const char* operation, const std::string& path) {
  const int code = errno;
  ErrorKind kind = ErrorKind::kIo;
  if (code == ENOENT || code == ENOTDIR) kind = ErrorKind::kNotFound;
  if (code == EACCES || code == EPERM || code == ELOOP) kind = ErrorKind::kDenied;
  if (code == ENOSPC || code == EDQUOT) kind = ErrorKind::kNoSpace;
  if (code == EROFS) kind = ErrorKind::kReadOnly;
  return std::unexpected(Error{kind, operation, path, static_cast<std::uint32_t>(code), std::strerror(code)});
}

class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  ~File() {
    if (fd_ >= 0) close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int Get() const { return fd_; }

 private:
  int fd_;
};

Expected<void> WriteAll(int fd, security::Bytes bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t done = write(fd, bytes.data(), bytes.size());
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return Last("write the snapshot", path);
    bytes = bytes.subspan(static_cast<std::size_t>(done));
  }
  return {};
}

// The user's own, where we may give files away (root); else the daemon's, whose user then is the only reader.
Expected<void> Give(int fd, const std::string& user, const std::string& path) {
  if (geteuid() == 0) {
    char* end = nullptr;
    const unsigned long uid = std::strtoul(user.c_str(), &end, 10);
    if (*end == '\0' && fchown(fd, static_cast<uid_t>(uid), static_cast<gid_t>(-1)) != 0)
      return Last("give the snapshot to its user", path);
  }
  if (fchmod(fd, S_IRUSR) != 0) return Last("protect the snapshot", path);
  if (fsync(fd) != 0) return Last("flush the snapshot", path);
  return {};
}

Expected<void> FlushFolder(const std::string& path) {
  const std::string folder = path.substr(0, path.rfind('/'));
  const File opened(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.Get() < 0 || fsync(opened.Get()) != 0) return Last("flush the folder", folder);
  return {};
}

}  // namespace

Expected<std::string> CurrentUser() { return std::to_string(geteuid()); }

Expected<void> MakeFolder(const std::string& folder) {
  if (mkdir(folder.c_str(), S_IRWXU | S_IXGRP | S_IXOTH) != 0 && errno != EEXIST)
    return Last("make the folder", folder);
  const File opened(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat now{};
  if (opened.Get() < 0 || fstat(opened.Get(), &now) != 0) return Last("open the folder", folder);
  if (now.st_uid != geteuid())
    return std::unexpected(
        Error{ErrorKind::kDenied, "use the folder", folder, 0, "it belongs to the user " + std::to_string(now.st_uid)});
  if (fchmod(opened.Get(), S_IRWXU | S_IXGRP | S_IXOTH) != 0) return Last("protect the folder", folder);
  return {};
}

Expected<void> Replace(const std::string& path, const std::string& user, security::Bytes bytes) {
  const std::string fresh = path + ".new";
  if (unlink(fresh.c_str()) != 0 && errno != ENOENT) return Last("remove an old file", fresh);
  {
    const File file(open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR));
    if (file.Get() < 0) return Last("make the snapshot", fresh);
    if (Expected<void> written = WriteAll(file.Get(), bytes, fresh); !written) return written;
    if (Expected<void> given = Give(file.Get(), user, fresh); !given) return given;
  }
  if (rename(fresh.c_str(), path.c_str()) != 0) return Last("replace the snapshot", path);
  return FlushFolder(path);
}

Expected<void> RemoveFile(const std::string& path) {
  if (unlink(path.c_str()) != 0 && errno != ENOENT) return Last("remove the snapshot", path);
  return {};
}

Expected<security::DescriptorBytes> ReadWhole(const std::string& path) {
  const File file(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat now{};
  if (file.Get() < 0 || fstat(file.Get(), &now) != 0) return Last("open the snapshot", path);
  const bool is_trusted =
      S_ISREG(now.st_mode) && (now.st_uid == 0 || now.st_uid == geteuid()) && (now.st_mode & (S_IWGRP | S_IWOTH)) == 0;
  if (!is_trusted)
    return std::unexpected(
        Error{ErrorKind::kDenied, "trust the snapshot", path, 0, "others than the daemon could have written it"});
  if (now.st_size > kMostBytes)
    return std::unexpected(Error{ErrorKind::kTooLarge, "read the snapshot", path, 0, "it is larger than 1 GiB"});
  security::DescriptorBytes bytes(static_cast<std::size_t>(now.st_size));
  std::size_t have = 0;
  while (have < bytes.size()) {
    const ssize_t got = read(file.Get(), bytes.data() + have, bytes.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Last("read the snapshot", path);
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  bytes.resize(have);
  return bytes;
}

}  // namespace acledger::daemon::snapshot
