// SPDX-License-Identifier: MIT
#include "scanner/ntfs/block_device.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "scanner/ntfs/bytes.h"

namespace acledger::scanner::ntfs {
namespace {

ErrorKind KindOf(int code) {
  switch (code) {
    case ENOENT:
    case ENXIO:
    case ENODEV:
      return ErrorKind::kNotFound;
    case EACCES:
    case EPERM:
      return ErrorKind::kDenied;
    case EBUSY:
      return ErrorKind::kBusy;
    default:
      return ErrorKind::kIo;
  }
}

std::unexpected<Error> SystemError(std::string operation, const std::string& path, int code) {
  return std::unexpected(
      Error{KindOf(code), std::move(operation), path, static_cast<std::uint32_t>(code), std::strerror(code)});
}

class PosixDevice final : public BlockDevice {
 public:
  PosixDevice(std::string name, int fd) : name_(std::move(name)), fd_(fd) {}
  ~PosixDevice() override { close(fd_); }
  PosixDevice(const PosixDevice&) = delete;
  PosixDevice& operator=(const PosixDevice&) = delete;

  const std::string& Name() const override { return name_; }
  std::uint64_t Size() const override { return size_; }

  Expected<void> Measure() {
    struct stat status{};
    if (fstat(fd_, &status) != 0) return SystemError("open", name_, errno);
    if (S_ISDIR(status.st_mode)) {
      return std::unexpected(Error{ErrorKind::kInvalid, "open", name_, 0, "it is a folder"});
    }
    // fstat() knows no size for a block device; its end does.
    const off_t end = lseek(fd_, 0, SEEK_END);
    if (end < 0) return SystemError("find the size", name_, errno);
    size_ = static_cast<std::uint64_t>(end);
    return {};
  }

  Expected<void> Read(std::uint64_t offset, std::span<std::uint8_t> to) override {
    if (!Within(offset, to.size(), size_)) return PastTheEnd(*this, offset, to.size());
    while (!to.empty()) {
      const ssize_t got = pread(fd_, to.data(), to.size(), static_cast<off_t>(offset));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return SystemError(ReadOperation(offset, to.size()), name_, errno);
      if (got == 0) return PastTheEnd(*this, offset, to.size());  // It was cut short meanwhile.
      offset += static_cast<std::uint64_t>(got);
      to = to.subspan(static_cast<std::size_t>(got));
    }
    return {};
  }

 private:
  std::string name_;
  int fd_;
  std::uint64_t size_ = 0;
};

}  // namespace

Expected<std::unique_ptr<BlockDevice>> OpenBlockDevice(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // A FIFO without a writer must not stop us.
  if (fd < 0) return SystemError("open", path, errno);
  auto device = std::make_unique<PosixDevice>(path, fd);
  if (auto measured = device->Measure(); !measured) return std::unexpected(measured.error());
  return device;
}

}  // namespace acledger::scanner::ntfs
