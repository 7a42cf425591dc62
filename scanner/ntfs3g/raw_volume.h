// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "scanner/ntfs/block_device.h"
#include "scanner/ntfs3g/ntfs3g_object.h"

namespace acledger::scanner::ntfs3g {

// The bytes below a mounted volume, as the volume itself reads them: what a reader finished in memory only is in them,
// and a call waits for whoever uses the session. `shared` must outlive it.
class RawVolume final : public ntfs::BlockDevice {
 public:
  explicit RawVolume(Shared& shared);

  const std::string& Name() const override { return shared_.info.name; }
  std::uint64_t Size() const override { return size_; }
  Expected<void> Read(std::uint64_t offset, std::span<std::uint8_t> to) override;

 private:
  Shared& shared_;
  std::uint64_t size_;
};

// The same of a volume that nobody mounts.
class RawImage final : public ntfs::BlockDevice {
 public:
  RawImage(std::string name, std::unique_ptr<ImageDevice> device);

  const std::string& Name() const override { return name_; }
  std::uint64_t Size() const override { return device_->Size(); }
  Expected<void> Read(std::uint64_t offset, std::span<std::uint8_t> to) override;

 private:
  std::string name_;
  std::mutex lock_;
  std::unique_ptr<ImageDevice> device_;
};

}  // namespace acledger::scanner::ntfs3g
