// SPDX-License-Identifier: MIT
// Which part of a disk an ImageDevice is.
#include <cerrno>
#include <cstring>
#include <functional>

#include "scanner/ntfs/partitions.h"
#include "scanner/ntfs3g/image_device.h"
#include "scanner/ntfs3g/library.h"

namespace acledger::scanner::ntfs3g {

namespace {

// All of the file or device, for who looks for its partitions.
class WholeDisk final : public ntfs::BlockDevice {
 public:
  using ReadAt = std::function<std::int64_t(void* to, std::int64_t count, std::int64_t offset)>;
  WholeDisk(const std::string& name, std::uint64_t size, ReadAt read)
      : name_(name), size_(size), read_(std::move(read)) {}

  const std::string& Name() const override { return name_; }
  std::uint64_t Size() const override { return size_; }
  Expected<void> Read(std::uint64_t offset, std::span<std::uint8_t> to) override {
    const auto count = static_cast<std::int64_t>(to.size());
    const std::int64_t got = read_(to.data(), count, static_cast<std::int64_t>(offset));
    if (got == count) return {};
    if (got >= 0) return ntfs::PastTheEnd(*this, offset, to.size());
    const int code = errno;
    return std::unexpected(Error{KindOf(code), ntfs::ReadOperation(offset, to.size()), name_,
                                 static_cast<std::uint32_t>(code), std::strerror(code)});
  }

 private:
  const std::string& name_;
  std::uint64_t size_;
  ReadAt read_;
};

}  // namespace

Expected<void> ImageDevice::FindPart(const std::string& path) {
  WholeDisk disk(path, size_, [this](void* to, std::int64_t count, std::int64_t at) { return Read(to, count, at); });
  const auto part = ntfs::FindPart(disk, options_.partition);
  if (!part) return std::unexpected(part.error());
  if (part->partition == 0) return {};
  base_ = static_cast<std::int64_t>(part->offset);
  size_ = part->bytes;
  return {};
}

}  // namespace acledger::scanner::ntfs3g
