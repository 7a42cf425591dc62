// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "security/error.h"

namespace acledger::scanner::ntfs {

// The seam to what holds a volume's bytes: an image file, a block device, a live volume. Never writes and takes no
// lock: what is read may be older than what the system would answer, so it finds candidates and proves nothing by
// itself. Any number of threads.
class BlockDevice {
 public:
  virtual ~BlockDevice() = default;

  virtual const std::string& Name() const = 0;  // For messages: the path as it was given.
  virtual std::uint64_t Size() const = 0;       // In bytes.

  // Fills `to` with the bytes from `offset` on, all of them or an error that says where: kInvalid past the end, else
  // what the system answered. Any offset and size will do: where the system wants whole sectors, the implementation
  // reads them.
  virtual Expected<void> Read(std::uint64_t offset, std::span<std::uint8_t> to) = 0;
};

// Opens for reading: an image or a device ("/dev/sdb1"), on Windows also "\\.\C:" and "\\.\PhysicalDrive1".
// kNotFound, kDenied, kBusy, kInvalid (a folder), kIo.
Expected<std::unique_ptr<BlockDevice>> OpenBlockDevice(const std::string& path);

// A part of a device, as a partition is one. The device must outlive it.
class DeviceWindow final : public BlockDevice {
 public:
  // kInvalid where the part does not lie within the device.
  static Expected<DeviceWindow> Open(BlockDevice& device, std::uint64_t offset, std::uint64_t size);

  const std::string& Name() const override { return device_.Name(); }
  std::uint64_t Size() const override { return size_; }
  Expected<void> Read(std::uint64_t offset, std::span<std::uint8_t> to) override;

 private:
  DeviceWindow(BlockDevice& device, std::uint64_t offset, std::uint64_t size)
      : device_(device), offset_(offset), size_(size) {}

  BlockDevice& device_;
  std::uint64_t offset_, size_;
};

// The error of a read that reached past the end; for implementations.
std::unexpected<Error> PastTheEnd(const BlockDevice& device, std::uint64_t offset, std::uint64_t size);
// "read 512 bytes at 0x1000": the operation of a read's errors.
std::string ReadOperation(std::uint64_t offset, std::uint64_t size);

}  // namespace acledger::scanner::ntfs
