// SPDX-License-Identifier: MIT
#include "scanner/ntfs3g/raw_volume.h"

#include <cerrno>

namespace acledger::scanner::ntfs3g {

RawVolume::RawVolume(Shared& shared) : shared_(shared), size_(shared.session->Device().Size()) {}

Expected<void> RawVolume::Read(std::uint64_t offset, std::span<std::uint8_t> to) {
  if (offset > size_ || to.size() > size_ - offset) return ntfs::PastTheEnd(*this, offset, to.size());
  const std::lock_guard hold(shared_.lock);
  const auto count = static_cast<std::int64_t>(to.size());
  const std::int64_t done = shared_.session->Device().Read(to.data(), count, static_cast<std::int64_t>(offset));
  if (done == count) return {};
  if (done >= 0) return ntfs::PastTheEnd(*this, offset, to.size());  // It was cut short meanwhile.
  const int code = errno;
  Error error = LibraryError(ntfs::ReadOperation(offset, to.size()), code);
  error.path = Name();
  return std::unexpected(std::move(error));
}

}  // namespace acledger::scanner::ntfs3g
