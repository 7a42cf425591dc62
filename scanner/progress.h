// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

namespace acledger::scanner {

enum class Phase : std::uint8_t { kSettling, kScanning, kPlanning, kApplying, kRollingBack, kSweeping, kVerifying };
const char* Name(Phase phase);

struct ProgressState {
  Phase phase = Phase::kScanning;
  std::string root;
  std::uint64_t done = 0;     // Objects of this phase.
  std::uint64_t total = 0;    // 0: not known yet.
  std::uint64_t changes = 0;  // Descriptors written so far in this run.
  std::uint64_t failures = 0;
};

// Told now and then, from the thread that runs the engine.
class Progress {
 public:
  virtual ~Progress() = default;
  virtual void Report(const ProgressState& state) = 0;
  // Something that a person may want to know, and that changes no result.
  virtual void Note(const std::string& text) { static_cast<void>(text); }
};

// Set from anywhere (a signal handler too): the engine finishes its batch, leaves the ledger resumable and returns.
using StopFlag = std::atomic<bool>;

}  // namespace acledger::scanner
