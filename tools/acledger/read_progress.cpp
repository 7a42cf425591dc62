// SPDX-License-Identifier: MIT
#include "tools/acledger/read_progress.h"

#include <cinttypes>
#include <cstdio>

#include "tools/acledger/console.h"

namespace acledger::tools {

constexpr auto kPause = std::chrono::milliseconds(100);

DrawnLine::DrawnLine() : terminal_(ErrorOutputIsTerminal()), last_(Clock::now()) {}

DrawnLine::~DrawnLine() {
  if (drawn_) std::fputs("\r\033[K", stderr);
}

Expected<void> ReadProgress::Read(std::uint64_t offset, std::span<std::uint8_t> to) {
  auto read = device_.Read(offset, to);
  const std::lock_guard lock(drawing_);
  bytes_ += to.size();
  line_.Draw("reading", bytes_ >> 20, "MiB");
  return read;
}

void ReadProgress::Store(std::uint32_t done, std::uint32_t all) {
  line_.Draw("storing", std::uint64_t{done} * 100 / (all == 0 ? 1 : all), "%");
}

void DrawnLine::Draw(const char* what, std::uint64_t done, const char* unit) {
  if (!terminal_) return;
  const auto now = Clock::now();
  if (now - last_ < kPause) return;
  last_ = now;
  drawn_ = true;
  std::fprintf(stderr, "\r%s: %" PRIu64 " %s\033[K", what, done, unit);
  std::fflush(stderr);
}

}  // namespace acledger::tools
