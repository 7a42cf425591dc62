// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <string>

#include "scanner/ntfs/block_device.h"
#include "scanner/progress.h"

namespace acledger::scanner {

// A device that is read no more (kBusy) once a flag was seen set, even if that is taken back: then what was read is no
// whole. Both must outlive it. Any number of threads.
class StoppableDevice final : public ntfs::BlockDevice {
 public:
  StoppableDevice(ntfs::BlockDevice& device, const StopFlag& stop) : device_(device), stop_(stop) {}

  bool IsStopped() {
    if (stop_) is_stopped_ = true;
    return is_stopped_;
  }

  const std::string& Name() const override { return device_.Name(); }
  std::uint64_t Size() const override { return device_.Size(); }
  Expected<void> Read(std::uint64_t offset, std::span<std::uint8_t> to) override {
    if (IsStopped()) return Fail(ErrorKind::kBusy, "read", "stopped");
    return device_.Read(offset, to);
  }

 private:
  ntfs::BlockDevice& device_;
  const StopFlag& stop_;
  std::atomic<bool> is_stopped_{false};
};

}  // namespace acledger::scanner
