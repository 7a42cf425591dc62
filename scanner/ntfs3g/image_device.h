// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "scanner/ntfs3g/held_writes.h"
#include "scanner/ntfs3g/qemu_image.h"
#include "scanner/ntfs3g/redo_file.h"
#include "security/error.h"

struct ntfs_device;

namespace acledger::scanner::ntfs3g {

// Called before each write with the number of writes so far. For crash tests: it may end the process.
using WriteHook = std::function<void(std::uint64_t)>;

struct DeviceOptions {
  bool read_only = false;
  WriteHook hook = {};
  unsigned partition = 0;  // Of the disk; 0: it is one volume. The rest is never touched, the lock is on all of it.
  bool redo =
      true;  // false for an image in the making, which nobody will go on with: no redo file, no waiting for the disk.
};

// The file or block device below libntfs-3g, or the disk that qemu-nbd finds in an image: opened once, locked against a
// second writer, and the only place where bytes of the volume are read and written. Places are counted from the begin
// of the part. One thread at a time.
class ImageDevice {
 public:
  // kNotFound, kReadOnly (not writable), kDenied, kBusy (mounted, attached to a loop device, or locked by another
  // program), kInvalid (no NTFS boot sector), kCorrupt (shorter than its boot sector says), kMismatch (a redo file that
  // does not fit). A change that an earlier process left half done is finished; for a reader in memory only.
  static Expected<std::unique_ptr<ImageDevice>> Open(const std::string& path, DeviceOptions options);
  ~ImageDevice();
  ImageDevice(const ImageDevice&) = delete;
  ImageDevice& operator=(const ImageDevice&) = delete;

  // What ntfs_device_mount() takes. The library frees it at ntfs_umount(), after a mount that succeeded
  // (LeaveHandle()).
  ntfs_device* Handle() { return handle_; }
  void LeaveHandle() { handle_ = nullptr; }

  std::uint64_t Serial() const { return serial_; }  // The 64-bit NTFS volume serial number.
  std::uint64_t Writes() const { return writes_; }
  std::uint64_t Size() const { return size_; }  // Of the part, in bytes, when it was opened.

  // From here on writes are kept in memory (reads see them), until ReleaseWrites() puts them on the device, all or
  // none: through the redo file, and durable when it returns. On a block device, which has no place for a redo file, in
  // an order in which a stop between two writes leaves every entry of the indexes reachable. Not nested.
  void HoldWrites() { holding_ = true; }
  Expected<void> ReleaseWrites();
  void DropWrites();

  // Makes everything written so far durable.
  Expected<void> Sync();

  // The calls of the library; a result of -1 comes with errno.
  std::int64_t Read(void* to, std::int64_t count, std::int64_t offset);
  std::int64_t Write(const void* from, std::int64_t count, std::int64_t offset);

 private:
  ImageDevice() = default;
  Expected<void> OpenFile(const std::string& path);
  Expected<void> Lock(const std::string& path);
  Expected<void> FindPart(const std::string& path);
  Expected<void> CheckBootSector(const std::string& path);
  Expected<void> FinishRedo();
  Expected<void> RecordRedo();
  Expected<void> MakeHeldWrites();
  std::int64_t ReadPiece(void* to, std::size_t count, std::int64_t offset);
  std::int64_t WritePiece(const void* from, std::size_t count, std::int64_t offset);
  std::int64_t WriteNow(const void* from, std::int64_t count, std::int64_t offset);

  friend struct DeviceCalls;
  int fd_ = -1;                      // Of a file or device that holds the disk itself.
  std::unique_ptr<QemuImage> qemu_;  // Of an image in another format.
  ntfs_device* handle_ = nullptr;
  std::int64_t base_ = 0;  // Where the part begins in the file.
  std::int64_t position_ = 0;
  std::uint64_t serial_ = 0;
  std::uint64_t size_ = 0;
  std::uint64_t writes_ = 0;
  DeviceOptions options_;
  std::unique_ptr<RedoFile> redo_;  // Null where none is kept.
  bool redo_is_needed_ = false;     // A change was recorded and is not all on the device.
  bool holding_ = false;
  HeldWrites held_;
};

}  // namespace acledger::scanner::ntfs3g
