// SPDX-License-Identifier: MIT
#include "scanner/ntfs3g/qemu_image.h"

namespace acledger::scanner::ntfs3g {

Expected<std::unique_ptr<QemuImage>> QemuImage::Open(const std::string& path, const std::string& format, bool) {
  return std::unexpected(Error{ErrorKind::kUnsupported, "open NTFS volume", path, 0,
                               "it is a " + format + " image, and this build has no libnbd (Debian: libnbd-dev)"});
}

QemuImage::~QemuImage() = default;
std::int64_t QemuImage::Read(void*, std::size_t, std::int64_t) { return -1; }
std::int64_t QemuImage::Write(const void*, std::size_t, std::int64_t) { return -1; }
int QemuImage::Sync() { return -1; }

}  // namespace acledger::scanner::ntfs3g
