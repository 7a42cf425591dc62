// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "scanner/ntfs/block_device.h"
#include "scanner/progress.h"

namespace acledger::scanner {

// Sets a flag when it is read for the `stops_at`th time.
class StoppingDevice final : public ntfs::BlockDevice {
 public:
  StoppingDevice(ntfs::BlockDevice& real, StopFlag& stop) : real_(real), stop_(stop) {}

  const std::string& Name() const override { return real_.Name(); }
  std::uint64_t Size() const override { return real_.Size(); }
  Expected<void> Read(std::uint64_t offset, std::span<std::uint8_t> to) override {
    if (++reads == stops_at) stop_ = true;
    return real_.Read(offset, to);
  }

  std::atomic<int> reads{0};
  int stops_at = 0;  // 0: never.

 private:
  ntfs::BlockDevice& real_;
  StopFlag& stop_;
};

}  // namespace acledger::scanner
