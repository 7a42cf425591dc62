// SPDX-License-Identifier: MIT
#include "scanner/ntfs3g/qemu_image.h"

#include <fcntl.h>
#include <libnbd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <sstream>
#include <thread>
#include <vector>

namespace acledger::scanner::ntfs3g {
namespace {

constexpr std::size_t kMostAtOnce = 16 << 20;  // qemu-nbd takes 32 MiB.
// Of a process that was killed, qemu-nbd needs a moment to see it.
constexpr int kTries = 30;
constexpr auto kPause = std::chrono::milliseconds(100);

std::unexpected<Error> OpenError(ErrorKind kind, const std::string& path, std::string reason) {
  return std::unexpected(Error{kind, "open NTFS volume", path, 0, std::move(reason)});
}

bool IsInstalled(const char* program) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path != nullptr ? path : "/usr/bin:/bin");
  for (std::string folder; std::getline(folders, folder, ':');)
    if (access((folder + "/" + program).c_str(), X_OK) == 0) return true;
  return false;
}

// A file in memory for what a child says on its standard error.
class Complaints {
 public:
  // Not one of the low numbers, which the child's socket takes.
  Complaints() {
    const int made = memfd_create("qemu-nbd", 0);
    fd_ = fcntl(made, F_DUPFD, 10);
    close(made);
  }
  ~Complaints() { close(fd_); }
  Complaints(const Complaints&) = delete;
  Complaints& operator=(const Complaints&) = delete;

  std::string Path() const { return "/proc/self/fd/" + std::to_string(fd_); }
  std::string Text() const {
    std::string text(2048, '\0');
    const ssize_t got = pread(fd_, text.data(), text.size(), 0);
    text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    while (text.ends_with('\n')) text.pop_back();
    return text;
  }

 private:
  int fd_ = -1;
};

// Ctrl-C is for us alone: qemu-nbd is needed until the batch is finished.
constexpr char kScript[] = "trap '' INT HUP; exec qemu-nbd \"$@\" 2>\"$0\"";

bool Connect(nbd_handle* handle, const std::string& path, const std::string& format, bool read_only,
             const Complaints& complaints) {
  // Some formats want whole sectors; qemu reads and writes the rest of them by itself.
  nbd_set_strict_mode(handle, nbd_get_strict_mode(handle) & ~static_cast<std::uint32_t>(LIBNBD_STRICT_ALIGN));
  std::vector<std::string> words{"/bin/sh", "-c", kScript, complaints.Path(), "--format=" + format};
  if (read_only) words.emplace_back("--read-only");
  words.insert(words.end(), {"--", path.starts_with('/') ? path : "./" + path});
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  return nbd_connect_systemd_socket_activation(handle, arguments.data()) == 0;
}

}  // namespace

Expected<std::unique_ptr<QemuImage>> QemuImage::Open(const std::string& path, const std::string& format,
                                                     bool read_only) {
  if (!IsInstalled("qemu-nbd"))
    return OpenError(
        ErrorKind::kUnsupported, path,
        "it is a " + format + " image: qemu-nbd is needed to open it (Debian: apt-get install qemu-utils)");
  for (int tries = 1;; ++tries) {
    const Complaints complaints;
    std::unique_ptr<QemuImage> image(new QemuImage(nbd_create()));
    if (image->handle_ != nullptr && Connect(image->handle_, path, format, read_only, complaints)) {
      image->size_ = nbd_get_size(image->handle_);
      return image;
    }
    const std::string said = complaints.Text();
    const bool is_locked = said.find(" lock") != said.npos;
    if (is_locked && tries < kTries) {
      std::this_thread::sleep_for(kPause);
      continue;
    }
    if (is_locked) return OpenError(ErrorKind::kBusy, path, "another program has the volume open (" + said + ")");
    return OpenError(ErrorKind::kIo, path, said.empty() ? nbd_get_error() : said);
  }
}

QemuImage::~QemuImage() {
  if (handle_ == nullptr) return;
  nbd_shutdown(handle_, 0);
  nbd_close(handle_);  // Waits until qemu-nbd has closed the image.
}

std::int64_t QemuImage::Read(void* to, std::size_t count, std::int64_t offset) {
  if (offset >= size_) return 0;
  count = std::min({count, kMostAtOnce, static_cast<std::size_t>(size_ - offset)});
  if (nbd_pread(handle_, to, count, static_cast<std::uint64_t>(offset), 0) == 0)
    return static_cast<std::int64_t>(count);
  errno = nbd_get_errno() != 0 ? nbd_get_errno() : EIO;
  return -1;
}

std::int64_t QemuImage::Write(const void* from, std::size_t count, std::int64_t offset) {
  count = std::min(count, kMostAtOnce);
  if (nbd_pwrite(handle_, from, count, static_cast<std::uint64_t>(offset), 0) == 0)
    return static_cast<std::int64_t>(count);
  errno = nbd_get_errno() != 0 ? nbd_get_errno() : EIO;
  return -1;
}

int QemuImage::Sync() {
  if (nbd_flush(handle_, 0) == 0) return 0;
  errno = nbd_get_errno() != 0 ? nbd_get_errno() : EIO;
  return -1;
}

}  // namespace acledger::scanner::ntfs3g
