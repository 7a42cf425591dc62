// SPDX-License-Identifier: MIT
#include "scanner/ntfs3g/image_device.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "scanner/ntfs3g/bytes.h"
#include "scanner/ntfs3g/library.h"

namespace acledger::scanner::ntfs3g {
namespace {

std::unexpected<Error> OpenError(ErrorKind kind, const std::string& path, std::string reason, int code = 0) {
  return std::unexpected(Error{kind, "open NTFS volume", path, static_cast<std::uint32_t>(code), std::move(reason)});
}

// An image that is attached to a loop device is read and written by the kernel behind our back.
bool IsAttachedToLoopDevice(const std::filesystem::path& image) {
  std::error_code ignored;
  const std::filesystem::path real = std::filesystem::canonical(image, ignored);
  for (const auto& device : std::filesystem::directory_iterator("/sys/block", ignored)) {
    std::ifstream backing(device.path() / "loop" / "backing_file");
    std::string file;
    if (std::getline(backing, file) && file == real.string()) return true;
  }
  return false;
}

// Whether each sector of `now` is as before or as after the write: a disk writes sectors whole.
bool IsBetween(std::span<const std::uint8_t> now, const RedoWrite& write) {
  constexpr std::size_t kSector = 512;
  for (std::size_t at = 0; at < now.size();) {
    const std::size_t to_boundary =
        kSector - static_cast<std::size_t>(write.offset + static_cast<std::int64_t>(at)) % kSector;
    const std::size_t count = std::min(to_boundary, now.size() - at);
    if (std::memcmp(&now[at], &write.before[at], count) != 0 && std::memcmp(&now[at], &write.after[at], count) != 0) {
      return false;
    }
    at += count;
  }
  return true;
}

std::int64_t SizeOf(int fd) {
  struct stat status{};
  if (fstat(fd, &status) != 0) return -1;
  if (!S_ISBLK(status.st_mode)) return status.st_size;
  std::uint64_t bytes = 0;
  return ioctl(fd, BLKGETSIZE64, &bytes) == 0 ? static_cast<std::int64_t>(bytes) : -1;
}

}  // namespace

// What the library calls, with the ImageDevice in d_private.
struct DeviceCalls {
  static ImageDevice& Of(ntfs_device* device) { return *static_cast<ImageDevice*>(device->d_private); }

  static int Open(ntfs_device* device, int flags) {
    if ((flags & O_ACCMODE) == O_RDONLY) NDevSetReadOnly(device);
    NDevSetOpen(device);
    return 0;
  }
  // The file stays open (and locked) as long as the ImageDevice lives.
  static int Close(ntfs_device* device) {
    NDevClearOpen(device);
    return 0;
  }
  static s64 Seek(ntfs_device* device, s64 offset, int whence) {
    ImageDevice& image = Of(device);
    if (whence == SEEK_CUR) offset += image.position_;
    if (whence == SEEK_END) offset += static_cast<s64>(image.size_);
    if (offset < 0) {
      errno = EINVAL;
      return -1;
    }
    return image.position_ = offset;
  }
  static s64 Read(ntfs_device* device, void* to, s64 count) {
    const s64 done = Of(device).Read(to, count, Of(device).position_);
    if (done > 0) Of(device).position_ += done;
    return done;
  }
  static s64 Write(ntfs_device* device, const void* from, s64 count) {
    const s64 done = Of(device).Write(from, count, Of(device).position_);
    if (done > 0) Of(device).position_ += done;
    return done;
  }
  static s64 ReadAt(ntfs_device* device, void* to, s64 count, s64 offset) { return Of(device).Read(to, count, offset); }
  static s64 WriteAt(ntfs_device* device, const void* from, s64 count, s64 offset) {
    return Of(device).Write(from, count, offset);
  }
  // The library syncs at ntfs_umount(); we decide ourselves when (Flush()).
  static int Sync(ntfs_device*) { return 0; }
  static int Stat(ntfs_device* device, struct stat* status) {
    ImageDevice& image = Of(device);
    if (!image.qemu_) return fstat(image.fd_, status);
    *status = {};
    status->st_mode = S_IFREG;
    status->st_size = static_cast<off_t>(image.size_);
    return 0;
  }
  static int Control(ntfs_device* device, unsigned long request, void* argument) {
    // What it would tell of a partition is true of the whole disk; an image of qemu's has no such file.
    if (Of(device).options_.partition == 0 && !Of(device).qemu_) return ioctl(Of(device).fd_, request, argument);
    errno = EOPNOTSUPP;
    return -1;
  }
};

namespace {

ntfs_device_operations operations = {
    &DeviceCalls::Open,   &DeviceCalls::Close,   &DeviceCalls::Seek, &DeviceCalls::Read, &DeviceCalls::Write,
    &DeviceCalls::ReadAt, &DeviceCalls::WriteAt, &DeviceCalls::Sync, &DeviceCalls::Stat, &DeviceCalls::Control};

}  // namespace

Expected<std::unique_ptr<ImageDevice>> ImageDevice::Open(const std::string& path, DeviceOptions options) {
  std::unique_ptr<ImageDevice> device(new ImageDevice());
  device->options_ = std::move(options);
  if (auto opened = device->OpenFile(path); !opened) return std::unexpected(opened.error());
  if (auto locked = device->Lock(path); !locked) return std::unexpected(locked.error());
  const std::int64_t size = device->qemu_ ? device->qemu_->Size() : SizeOf(device->fd_);
  if (size < 0) return OpenError(KindOf(errno), path, std::strerror(errno), errno);
  device->size_ = static_cast<std::uint64_t>(size);
  if (auto found = device->FindPart(path); !found) return std::unexpected(found.error());
  if (auto checked = device->CheckBootSector(path); !checked) return std::unexpected(checked.error());
  if (device->redo_) {
    if (auto finished = device->FinishRedo(); !finished) return std::unexpected(finished.error());
  }
  device->handle_ = ntfs_device_alloc(path.c_str(), 0, &operations, device.get());
  if (device->handle_ == nullptr) return OpenError(ErrorKind::kIo, path, std::strerror(errno), errno);
  return device;
}

ImageDevice::~ImageDevice() {
  if (handle_ != nullptr) ntfs_device_free(handle_);
  if (redo_ && !options_.read_only && !redo_is_needed_) redo_->Remove();
  if (fd_ >= 0) close(fd_);
}

Expected<void> ImageDevice::OpenFile(const std::string& path) {
  struct stat status{};
  if (stat(path.c_str(), &status) != 0) return OpenError(KindOf(errno), path, std::strerror(errno), errno);
  if (!S_ISREG(status.st_mode) && !S_ISBLK(status.st_mode)) {
    return OpenError(ErrorKind::kInvalid, path, "neither a file nor a block device");
  }
  // Root may write it all the same; whoever took the write bits away meant it.
  if (S_ISREG(status.st_mode) && !options_.read_only && (status.st_mode & 0222) == 0) {
    return OpenError(ErrorKind::kReadOnly, path, "the file is read-only");
  }
  if (const std::string format = S_ISREG(status.st_mode) ? QemuFormat(path) : ""; !format.empty()) {
    auto opened = QemuImage::Open(path, format, options_.read_only);
    if (!opened) return std::unexpected(opened.error());
    qemu_ = *std::move(opened);
    return {};
  }
  const int flags = (options_.read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC;
  // O_EXCL on a block device fails with EBUSY while the kernel has it, or a partition of it, mounted or in use. Readers
  // only ask with it: they do not exclude each other.
  fd_ = open(path.c_str(), S_ISBLK(status.st_mode) ? flags | O_EXCL : flags);
  if (fd_ >= 0 && S_ISBLK(status.st_mode) && options_.read_only) {
    close(fd_);
    fd_ = open(path.c_str(), flags);
  }
  if (fd_ >= 0) return {};
  const int code = errno;
  if (code == EBUSY && S_ISBLK(status.st_mode)) {
    return OpenError(ErrorKind::kBusy, path,
                     "it, or a partition of it, is mounted or in use: unmount it, or name the partition's own device",
                     code);
  }
  return OpenError(KindOf(code), path, std::strerror(code), code);
}

Expected<void> ImageDevice::Lock(const std::string& path) {
  unsigned long mounted = 0;
  if (ntfs_check_if_mounted(path.c_str(), &mounted) == 0 && (mounted & NTFS_MF_MOUNTED) != 0) {
    return OpenError(ErrorKind::kBusy, path, "the volume is mounted: unmount it first");
  }
  if (IsAttachedToLoopDevice(path)) {
    return OpenError(ErrorKind::kBusy, path, "the image is attached to a loop device: detach it first (losetup -d)");
  }
  if (qemu_) return {};  // It holds its own.
  // A lock of the open file description: it excludes ntfs-3g's process lock as well as a second opener in this process.
  struct flock lock{};
  lock.l_type = options_.read_only ? F_RDLCK : F_WRLCK;
  lock.l_whence = SEEK_SET;
  if (fcntl(fd_, F_OFD_SETLK, &lock) == 0) return {};
  const int code = errno;
  if (code != EAGAIN && code != EACCES) return OpenError(KindOf(code), path, std::strerror(code), code);
  return OpenError(ErrorKind::kBusy, path, "another program has the volume open", code);
}

Expected<void> ImageDevice::CheckBootSector(const std::string& path) {
  std::array<std::uint8_t, 512> boot{};
  const std::int64_t got = ReadPiece(boot.data(), boot.size(), 0);
  if (got < 0) return OpenError(KindOf(errno), path, std::strerror(errno), errno);
  if (got != std::ssize(boot) || std::memcmp(boot.data() + 3, "NTFS    ", 8) != 0) {
    const bool partitioned = got > 510 && boot[510] == 0x55 && boot[511] == 0xAA;
    return OpenError(ErrorKind::kInvalid, path,
                     std::string("not an NTFS volume") +
                         (partitioned ? " (a whole disk or another file system: name the NTFS partition)" : ""));
  }
  const std::uint64_t wanted = Load<std::uint64_t>(boot, 0x28) * Load<std::uint16_t>(boot, 0x0B);
  if (size_ < wanted) {
    return OpenError(ErrorKind::kCorrupt, path,
                     "truncated: " + std::to_string(size_) + " bytes, the boot sector says " + std::to_string(wanted));
  }
  serial_ = Load<std::uint64_t>(boot, 0x48);
  struct stat status{};
  const bool is_file = qemu_ || (fstat(fd_, &status) == 0 && S_ISREG(status.st_mode));
  const std::string which = options_.partition == 0 ? "" : ".p" + std::to_string(options_.partition);
  if (is_file && options_.redo) redo_ = std::make_unique<RedoFile>(path + which + ".acledger-redo", serial_);
  return {};
}

std::int64_t ImageDevice::ReadPiece(void* to, std::size_t count, std::int64_t offset) {
  return qemu_ ? qemu_->Read(to, count, base_ + offset) : pread(fd_, to, count, base_ + offset);
}

std::int64_t ImageDevice::WritePiece(const void* from, std::size_t count, std::int64_t offset) {
  return qemu_ ? qemu_->Write(from, count, base_ + offset) : pwrite(fd_, from, count, base_ + offset);
}

std::int64_t ImageDevice::Read(void* to, std::int64_t count, std::int64_t offset) {
  auto* bytes = static_cast<std::uint8_t*>(to);
  std::int64_t done = 0;
  count = std::min(count, std::max(static_cast<std::int64_t>(size_) - offset, std::int64_t{0}));
  while (done < count) {
    const std::int64_t got = ReadPiece(bytes + done, static_cast<std::size_t>(count - done), offset + done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -1;
    if (got == 0) break;
    done += got;
  }
  if (holding_) {
    held_.NoteRead(offset);
    held_.Overlay(offset, {bytes, static_cast<std::size_t>(done)});
  }
  return done;
}

std::int64_t ImageDevice::Write(const void* from, std::int64_t count, std::int64_t offset) {
  if (options_.read_only) {
    errno = EROFS;
    return -1;
  }
  if (!holding_) return WriteNow(from, count, offset);
  held_.Add(offset, {static_cast<const std::uint8_t*>(from), static_cast<std::size_t>(count)});
  return count;
}

std::int64_t ImageDevice::WriteNow(const void* from, std::int64_t count, std::int64_t offset) {
  if (offset < 0 || offset > static_cast<std::int64_t>(size_) || count > static_cast<std::int64_t>(size_) - offset) {
    errno = ENOSPC;
    return -1;
  }
  if (options_.hook) options_.hook(writes_);
  ++writes_;
  const auto* bytes = static_cast<const std::uint8_t*>(from);
  std::int64_t done = 0;
  while (done < count) {
    const std::int64_t put = WritePiece(bytes + done, static_cast<std::size_t>(count - done), offset + done);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return -1;
    done += put;
  }
  return done;
}

Expected<void> ImageDevice::ReleaseWrites() {
  holding_ = false;
  if (held_.IsEmpty()) return {};
  if (redo_) {
    if (auto recorded = RecordRedo(); !recorded) {
      held_.Clear();
      return recorded;
    }
  }
  return MakeHeldWrites();
}

Expected<void> ImageDevice::MakeHeldWrites() {
  redo_is_needed_ = redo_ != nullptr;
  Expected<void> done;
  for (const HeldWrites::Write* write : held_.InOrder()) {
    const auto count = static_cast<std::int64_t>(write->bytes.size());
    if (WriteNow(write->bytes.data(), count, write->offset) == count) continue;
    done = Fail(KindOf(errno), "write $Secure", std::strerror(errno), static_cast<std::uint32_t>(errno));
    break;
  }
  held_.Clear();
  if (done && options_.redo) done = Sync();
  if (!done) return done;
  redo_is_needed_ = false;
  return redo_ ? redo_->Forget() : done;
}

void ImageDevice::DropWrites() {
  holding_ = false;
  held_.Clear();
}

Expected<void> ImageDevice::RecordRedo() {
  std::vector<RedoWrite> writes;
  for (const HeldWrites::Write* write : held_.InOrder()) {
    RedoWrite redo{write->offset, std::vector<std::uint8_t>(write->bytes.size()), write->bytes};
    if (Read(redo.before.data(), static_cast<std::int64_t>(redo.before.size()), redo.offset) < 0) {
      return Fail(KindOf(errno), "read the volume", std::strerror(errno), static_cast<std::uint32_t>(errno));
    }
    writes.push_back(std::move(redo));
  }
  return redo_->Record(writes);
}

Expected<void> ImageDevice::FinishRedo() {
  auto writes = redo_->Load();
  if (!writes) return std::unexpected(writes.error());
  if (writes->empty()) return {};
  for (const RedoWrite& write : *writes) {
    std::vector<std::uint8_t> now(write.after.size());
    const bool read = Read(now.data(), static_cast<std::int64_t>(now.size()), write.offset) >= 0;
    if (read && IsBetween(now, write)) continue;
    return std::unexpected(
        Error{ErrorKind::kMismatch, "finish the change of", redo_->Path(), 0,
              "the image is not as that change left it; remove this file if the image was replaced"});
  }
  // A reader sees the finished change and leaves the image alone.
  holding_ = true;
  for (const RedoWrite& write : *writes) held_.Add(write.offset, write.after);
  if (options_.read_only) return {};
  holding_ = false;
  auto made = MakeHeldWrites();
  if (made) redo_->Remove();
  return made;
}

Expected<void> ImageDevice::Sync() {
  if (options_.read_only || (qemu_ ? qemu_->Sync() : fdatasync(fd_)) == 0) return {};
  return Fail(KindOf(errno), "flush the volume", std::strerror(errno), static_cast<std::uint32_t>(errno));
}

}  // namespace acledger::scanner::ntfs3g
