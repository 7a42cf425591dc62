// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "security/error.h"

namespace acledger::setup {

// How far a step has come. Whatever the state, the effect may be there or not: the system is asked.
enum class StepState : std::uint8_t {
  kApplying,  // Begun: its effect may be there in part.
  kApplied,   // Its effect was there when it was read back.
  kUndoing,   // Being taken back: what is left of it is to go.
};

struct StepRecord {
  std::string name;
  StepState state = StepState::kApplying;
  std::string before;   // Step::Before().
  std::string trouble;  // Why the last try did not succeed; empty: it did, or ended in between.
};

// What set-up has begun on this machine. A step that has no record has changed nothing, and one whose undoing was
// proved has none any more. What is put in is durable when the call returns.
//
// Threads: one at a time. Errors: of the file, see FileJournal.
class Journal {
 public:
  Journal() = default;
  virtual ~Journal() = default;
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  // In the order in which they were first put in.
  virtual Expected<std::vector<StepRecord>> Records() = 0;
  virtual Expected<std::optional<StepRecord>> Find(const std::string& name) = 0;
  // In place of the record of this name, at its place; else as the last one.
  virtual Expected<void> Put(const StepRecord& record) = 0;
  virtual Expected<void> Remove(const std::string& name) = 0;
};

}  // namespace acledger::setup
