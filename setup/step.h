// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "security/error.h"

namespace acledger::setup {

// What the system says of a step's effect. Text: what is missing or otherwise, for a person; empty where it is whole.
struct Standing {
  bool is_whole = false;
  std::string what;
};

// One thing that set-up makes on the machine: a folder, an account, a rule. It decides nothing about order, records and
// retries; StepList does. Every call asks or changes the system itself, so that a call may fail at any point of its
// work, and Apply() and Undo() may find what an earlier, interrupted call of theirs has left.
//
// Threads: one at a time.
class Step {
 public:
  Step() = default;
  virtual ~Step() = default;
  Step(const Step&) = delete;
  Step& operator=(const Step&) = delete;

  // Stable over versions, unique on a machine: "account AcledgerOff-1001". The key of its record.
  virtual const std::string& Name() const = 0;
  // What Apply() would do, for `plan`: a sentence.
  virtual std::string Intent() const = 0;
  // Names of steps without whose effect this one cannot be done, or would be unsafe.
  virtual std::vector<std::string> Needs() const { return {}; }
  // It would be unsafe for its effect to stay where one of these is lost: then it is taken back.
  virtual bool GoesWithItsNeeds() const { return false; }

  // Whether its effect is there now. Changes nothing.
  virtual Expected<Standing> Check() = 0;
  // What Undo() will have to put back: how the system is before the step's first change. Recorded before Apply() acts;
  // opaque to everyone else, without secrets. Changes nothing.
  virtual Expected<std::string> Before() = 0;
  // Makes the effect, or makes it whole. That it returns well proves nothing: Check() is asked afterwards.
  virtual Expected<void> Apply(const std::string& before) = 0;
  // Puts back what Before() told. Good where there is nothing left to do.
  virtual Expected<void> Undo(const std::string& before) = 0;
  // Whether the system is as Before() told; what remains where it is not. Changes nothing.
  virtual Expected<Standing> CheckUndone(const std::string& before) = 0;
};

// What a step that needs all of these gives as Needs().
inline std::vector<std::string> NamesOf(const std::vector<std::unique_ptr<Step>>& steps) {
  std::vector<std::string> names;
  for (const auto& step : steps) names.push_back(step->Name());
  return names;
}

}  // namespace acledger::setup
