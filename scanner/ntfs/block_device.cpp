// SPDX-License-Identifier: MIT
#include "scanner/ntfs/block_device.h"

#include <cinttypes>
#include <cstdio>

#include "scanner/ntfs/bytes.h"

namespace acledger::scanner::ntfs {

std::string ReadOperation(std::uint64_t offset, std::uint64_t size) {
  char text[64];
  std::snprintf(text, sizeof(text), "read %" PRIu64 " bytes at 0x%" PRIx64, size, offset);
  return text;
}

std::unexpected<Error> PastTheEnd(const BlockDevice& device, std::uint64_t offset, std::uint64_t size) {
  return std::unexpected(Error{ErrorKind::kInvalid, ReadOperation(offset, size), device.Name(), 0,
                               "past the end at " + std::to_string(device.Size())});
}

Expected<DeviceWindow> DeviceWindow::Open(BlockDevice& device, std::uint64_t offset, std::uint64_t size) {
  if (!Within(offset, size, device.Size())) return PastTheEnd(device, offset, size);
  return DeviceWindow(device, offset, size);
}

Expected<void> DeviceWindow::Read(std::uint64_t offset, std::span<std::uint8_t> to) {
  if (!Within(offset, to.size(), size_)) return PastTheEnd(*this, offset, to.size());
  return device_.Read(offset_ + offset, to);
}

}  // namespace acledger::scanner::ntfs
