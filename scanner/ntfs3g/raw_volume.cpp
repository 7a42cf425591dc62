// SPDX-License-Identifier: MIT
#include "scanner/ntfs3g/raw_volume.h"

#include <cerrno>

namespace acledger::scanner::ntfs3g {

RawVolume::RawVolume(Shared& shared) : shared_(shared), size_(shared.session->Device().Size()) {}

RawImage::RawImage(std::string name, std::unique_ptr<ImageDevice> device)
    : name_(std::move(name)), device_(std::move(device)) {}

namespace {

Expected<void> ReadFrom(ImageDevice& device, const ntfs::BlockDevice& who, std::uint64_t offset,
                        std::span<std::uint8_t> to) {
  const auto count = static_cast<std::int64_t>(to.size());
  const std::int64_t done = device.Read(to.data(), count, static_cast<std::int64_t>(offset));
  if (done == count) return {};
  if (done >= 0) return ntfs::PastTheEnd(who, offset, to.size());  // It was cut short meanwhile.
  const int code = errno;
  Error error = LibraryError(ntfs::ReadOperation(offset, to.size()), code);
  error.path = who.Name();
  return std::unexpected(std::move(error));
}

}  // namespace

Expected<void> RawVolume::Read(std::uint64_t offset, std::span<std::uint8_t> to) {
  if (offset > size_ || to.size() > size_ - offset) return ntfs::PastTheEnd(*this, offset, to.size());
  const std::lock_guard hold(shared_.lock);
  return ReadFrom(shared_.session->Device(), *this, offset, to);
}

Expected<void> RawImage::Read(std::uint64_t offset, std::span<std::uint8_t> to) {
  if (offset > Size() || to.size() > Size() - offset) return ntfs::PastTheEnd(*this, offset, to.size());
  const std::lock_guard hold(lock_);
  return ReadFrom(*device_, *this, offset, to);
}

}  // namespace acledger::scanner::ntfs3g
