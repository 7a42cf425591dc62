// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <mutex>

#include "scanner/ntfs/block_device.h"

namespace acledger::tools {

// A line on stderr that is drawn again and again, where that is a terminal; gone at the end.
class DrawnLine {
 public:
  DrawnLine();
  ~DrawnLine();
  DrawnLine(const DrawnLine&) = delete;
  DrawnLine& operator=(const DrawnLine&) = delete;

  void Draw(const char* what, std::uint64_t done, const char* unit);

 private:
  using Clock = std::chrono::steady_clock;
  bool terminal_, drawn_ = false;
  Clock::time_point last_;
};

// A device that says on stderr how much of it was read, where that is a terminal. The device must outlive it.
// Store(): one thread, when nobody reads.
class ReadProgress final : public scanner::ntfs::BlockDevice {
 public:
  explicit ReadProgress(scanner::ntfs::BlockDevice& device) : device_(device) {}

  const std::string& Name() const override { return device_.Name(); }
  std::uint64_t Size() const override { return device_.Size(); }
  Expected<void> Read(std::uint64_t offset, std::span<std::uint8_t> to) override;

  // Reading is over; so much of what follows is done.
  void Store(std::uint32_t done, std::uint32_t all);

 private:
  scanner::ntfs::BlockDevice& device_;
  std::mutex drawing_;  // $MFT is read ahead on a thread of its own.
  DrawnLine line_;
  std::uint64_t bytes_ = 0;
};

}  // namespace acledger::tools
