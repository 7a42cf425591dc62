// SPDX-License-Identifier: MIT
#include "daemon/target/live_volume.h"
#include "scanner/ntfs/partitions.h"

namespace acledger::daemon {
namespace {

using scanner::ntfs::BlockDevice;

// A part of a device that it owns.
class OwnPart final : public BlockDevice {
 public:
  OwnPart(std::unique_ptr<BlockDevice> whole, scanner::ntfs::DeviceWindow window)
      : whole_(std::move(whole)), window_(std::move(window)) {}
  const std::string& Name() const override { return whole_->Name(); }
  std::uint64_t Size() const override { return window_.Size(); }
  Expected<void> Read(std::uint64_t offset, std::span<std::uint8_t> to) override { return window_.Read(offset, to); }

 private:
  std::unique_ptr<BlockDevice> whole_;
  scanner::ntfs::DeviceWindow window_;
};

std::unexpected<Error> NoImages(const std::string& path) {
  return std::unexpected(Error{ErrorKind::kUnsupported, "open", path, 0,
                               "this build has no support for images (it was made without libntfs-3g)"});
}

}  // namespace

Expected<std::unique_ptr<scanner::Volume>> OpenImage(const std::string& path, unsigned, bool) { return NoImages(path); }
Expected<void> PutCarriedLedger(const ImagePlace& image, const std::string&) { return NoImages(image.path); }
Expected<bool> RemoveCarriedLedger(const ImagePlace& image, bool) { return NoImages(image.path); }
Expected<std::unique_ptr<BlockDevice>> OpenImageBytes(const std::string& path, unsigned partition) {
  auto device = scanner::ntfs::OpenBlockDevice(path);
  if (!device) return device;
  const auto part = scanner::ntfs::FindPart(**device, partition);
  if (!part) return std::unexpected(part.error());
  if (part->partition == 0) return device;
  auto window = scanner::ntfs::DeviceWindow::Open(**device, part->offset, part->bytes);
  if (!window) return std::unexpected(window.error());
  return std::make_unique<OwnPart>(*std::move(device), *std::move(window));
}

}  // namespace acledger::daemon
