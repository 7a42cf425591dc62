// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <string>

#include "scanner/progress.h"

namespace acledger::tools {

// "3210/s, 12 s left" after this time; empty before there is something to say.
std::string RateAndRest(std::uint64_t done, std::uint64_t total, double seconds);

// Progress on stderr: one line that is drawn again on a terminal (rate, remaining time), a line now and then otherwise.
class ProgressLine final : public scanner::Progress {
 public:
  ProgressLine();
  ~ProgressLine() override;

  void Report(const scanner::ProgressState& state) override;
  void Note(const std::string& text) override;  // A line that stays.

 private:
  using Clock = std::chrono::steady_clock;

  std::string Text(const scanner::ProgressState& state, Clock::time_point now) const;

  bool terminal_;
  bool drawn_ = false;
  scanner::Phase phase_ = scanner::Phase::kSettling;
  std::string root_;
  Clock::time_point phase_start_, last_;
};

}  // namespace acledger::tools
