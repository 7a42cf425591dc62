// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "security/error.h"

struct nbd_handle;

namespace acledger::scanner::ntfs3g {

// The name by which qemu knows the format of a disk image: "qcow2", "vmdk", "vhdx", "vpc". Empty: the file holds the
// disk itself, or cannot be read. Both its name (".vhdx") and its first bytes have to say so: those of a disk itself
// are its guest's to write, who could name other files of the host in them.
std::string QemuFormat(const std::string& path);

// The disk in an image of such a format, by a qemu-nbd of our own on a private socket: it holds qemu's lock on the
// image and ends with us. Places are those of the disk. One thread at a time.
class QemuImage {
 public:
  // kUnsupported: qemu-nbd is not installed (says which package has it), or this build has no libnbd. kBusy: another
  // program has the image open. kIo: what qemu-nbd said.
  static Expected<std::unique_ptr<QemuImage>> Open(const std::string& path, const std::string& format, bool read_only);
  ~QemuImage();
  QemuImage(const QemuImage&) = delete;
  QemuImage& operator=(const QemuImage&) = delete;

  std::int64_t Size() const { return size_; }
  // As pread(), pwrite() and fdatasync(): -1 comes with errno.
  std::int64_t Read(void* to, std::size_t count, std::int64_t offset);
  std::int64_t Write(const void* from, std::size_t count, std::int64_t offset);
  int Sync();

 private:
  explicit QemuImage(nbd_handle* handle) : handle_(handle) {}

  nbd_handle* handle_;
  std::int64_t size_ = 0;
};

}  // namespace acledger::scanner::ntfs3g
