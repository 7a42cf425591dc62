// SPDX-License-Identifier: MIT
#include "scanner/ntfs/block_device.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "scanner/ntfs/bytes.h"
#include "security/win32/handle.h"
#include "security/win32/system_error.h"
#include "security/wtf8.h"

// Behind windows.h, which it needs.
#include <winioctl.h>

namespace acledger::scanner::ntfs {
namespace {

constexpr std::size_t kBounceBytes = std::size_t{1} << 20;
constexpr std::size_t kBounceAlignment = 4096;  // The largest sector.

// Lets a volume's handle read behind the file system's end; winioctl.h of mingw-w64 10 has it under another guard.
constexpr DWORD kAllowExtendedDasdIo = 0x00090083;

struct FreeAligned {
  void operator()(std::uint8_t* bytes) const { ::operator delete[](bytes, std::align_val_t{kBounceAlignment}); }
};
using AlignedBytes = std::unique_ptr<std::uint8_t[], FreeAligned>;

class Win32Device final : public BlockDevice {
 public:
  Win32Device(std::string name, win32::FileHandle file) : name_(std::move(name)), file_(std::move(file)) {}

  const std::string& Name() const override { return name_; }
  std::uint64_t Size() const override { return size_; }

  Expected<void> Measure() {
    LARGE_INTEGER size{};
    if (GetFileSizeEx(file_.Get(), &size)) {
      size_ = static_cast<std::uint64_t>(size.QuadPart);
      return {};
    }
    // Not a file: a volume or a disk, which is read by whole sectors.
    DWORD bytes = 0;
    GET_LENGTH_INFORMATION length{};
    if (!DeviceIoControl(file_.Get(), IOCTL_DISK_GET_LENGTH_INFO, nullptr, 0, &length, sizeof length, &bytes,
                         nullptr)) {
      return std::unexpected(win32::LastError("find the size").At(name_));
    }
    size_ = static_cast<std::uint64_t>(length.Length.QuadPart);
    DISK_GEOMETRY geometry{};
    const bool known = DeviceIoControl(file_.Get(), IOCTL_DISK_GET_DRIVE_GEOMETRY, nullptr, 0, &geometry,
                                       sizeof geometry, &bytes, nullptr);
    sector_ = known && IsPowerOfTwo(geometry.BytesPerSector) && geometry.BytesPerSector <= kBounceAlignment
                  ? geometry.BytesPerSector
                  : kBounceAlignment;
    // A disk does not know it, and does not need it.
    (void)DeviceIoControl(file_.Get(), kAllowExtendedDasdIo, nullptr, 0, nullptr, 0, &bytes, nullptr);
    return {};
  }

  Expected<void> Read(std::uint64_t offset, std::span<std::uint8_t> to) override {
    if (!Within(offset, to.size(), size_)) return PastTheEnd(*this, offset, to.size());
    if (sector_ == 1) return ReadSystem(offset, to);
    const AlignedBytes bounce(
        static_cast<std::uint8_t*>(::operator new[](kBounceBytes, std::align_val_t{kBounceAlignment})));
    while (!to.empty()) {
      const std::uint64_t begin = offset / sector_ * sector_;
      const auto skip = static_cast<std::size_t>(offset - begin);
      const std::size_t take = std::min(to.size(), kBounceBytes - skip);
      const std::uint64_t end = std::min(size_, (offset + take + sector_ - 1) / sector_ * sector_);
      const std::span<std::uint8_t> whole(bounce.get(), static_cast<std::size_t>(end - begin));
      if (auto read = ReadSystem(begin, whole); !read) return read;
      std::memcpy(to.data(), whole.data() + skip, take);
      offset += take;
      to = to.subspan(take);
    }
    return {};
  }

 private:
  // The handle is synchronous: the offset goes with the call, so that threads do not disturb each other.
  Expected<void> ReadSystem(std::uint64_t offset, std::span<std::uint8_t> to) {
    while (!to.empty()) {
      OVERLAPPED at{};
      at.Offset = static_cast<DWORD>(offset);
      at.OffsetHigh = static_cast<DWORD>(offset >> 32);
      DWORD got = 0;
      if (!ReadFile(file_.Get(), to.data(), static_cast<DWORD>(std::min<std::size_t>(to.size(), 16 * kBounceBytes)),
                    &got, &at)) {
        Error error = win32::LastError("read").At(name_);
        if (error.code == ERROR_HANDLE_EOF) return PastTheEnd(*this, offset, to.size());
        error.operation = ReadOperation(offset, to.size());
        return std::unexpected(std::move(error));
      }
      if (got == 0) return PastTheEnd(*this, offset, to.size());  // It was cut short meanwhile.
      offset += got;
      to = to.subspan(got);
    }
    return {};
  }

  std::string name_;
  win32::FileHandle file_;
  std::uint64_t size_ = 0;
  std::uint64_t sector_ = 1;
};

}  // namespace

Expected<std::unique_ptr<BlockDevice>> OpenBlockDevice(const std::string& path) {
  auto wide = FromWtf8(path);
  if (!wide) return std::unexpected(std::move(wide.error()));
  win32::FileHandle file(CreateFileW(reinterpret_cast<const wchar_t*>(wide->c_str()), GENERIC_READ,
                                     FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr, OPEN_EXISTING,
                                     FILE_FLAG_SEQUENTIAL_SCAN, nullptr));
  if (!file) return std::unexpected(win32::LastError("open").At(path));
  auto device = std::make_unique<Win32Device>(path, std::move(file));
  if (auto measured = device->Measure(); !measured) return std::unexpected(measured.error());
  return device;
}

}  // namespace acledger::scanner::ntfs
