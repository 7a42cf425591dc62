// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "scanner/ntfs3g/held_writes.h"
#include "security/error.h"

struct ntfs_device;

namespace acledger::scanner::ntfs3g {

// Called before each write with the number of writes so far. For crash tests: it may end the process.
using WriteHook = std::function<void(std::uint64_t)>;

// The file or block device below libntfs-3g: opened once, locked against a second writer, and the only place where
// bytes of the volume are read and written. One thread at a time.
class ImageDevice {
 public:
  // kNotFound, kReadOnly (not writable), kDenied, kBusy (mounted, attached to a loop device, or locked by another
  // program), kInvalid (no NTFS boot sector), kCorrupt (shorter than its boot sector says).
  static Expected<std::unique_ptr<ImageDevice>> Open(const std::string& path, bool read_only, WriteHook hook = {});
  ~ImageDevice();
  ImageDevice(const ImageDevice&) = delete;
  ImageDevice& operator=(const ImageDevice&) = delete;

  // What ntfs_device_mount() takes. The library frees it at ntfs_umount(), after a mount that succeeded
  // (LeaveHandle()).
  ntfs_device* Handle() { return handle_; }
  void LeaveHandle() { handle_ = nullptr; }

  std::uint64_t Serial() const { return serial_; }  // The 64-bit NTFS volume serial number.
  std::uint64_t Writes() const { return writes_; }

  // From here on writes are kept in memory (reads see them) until ReleaseWrites() puts them on the device in an order
  // in which a stop between any two leaves the index of $Secure whole. Not nested.
  void HoldWrites();
  Expected<void> ReleaseWrites();

  // Makes everything written so far durable.
  Expected<void> Sync();

  // The calls of the library; a result of -1 comes with errno.
  std::int64_t Read(void* to, std::int64_t count, std::int64_t offset);
  std::int64_t Write(const void* from, std::int64_t count, std::int64_t offset);

 private:
  ImageDevice() = default;
  Expected<void> OpenFile(const std::string& path);
  Expected<void> Lock(const std::string& path);
  Expected<void> CheckBootSector(const std::string& path);
  std::int64_t WriteNow(const void* from, std::int64_t count, std::int64_t offset);

  friend struct DeviceCalls;
  int fd_ = -1;
  bool read_only_ = true;
  ntfs_device* handle_ = nullptr;
  std::int64_t position_ = 0;
  std::uint64_t serial_ = 0;
  std::uint64_t writes_ = 0;
  WriteHook hook_;
  bool holding_ = false;
  HeldWrites held_;
};

}  // namespace acledger::scanner::ntfs3g
