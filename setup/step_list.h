// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "setup/journal.h"
#include "setup/step.h"

namespace acledger::setup {

enum class Outcome : std::uint8_t {
  kWhole,     // It was whole before; nothing was done.
  kToDo,      // Of a plan: it would be made, or made whole.
  kDone,      // Made, or made whole; read back.
  kNoEffect,  // Its calls reported success, and reading back shows no whole effect.
  kFailed,    // With an error.
  kNotTried,  // What it needs is not there.
  kUndone,    // Taken back; read back.
  kRemains,   // Could not be taken back, or not wholly.
  kKept,      // Was not to be taken back.
};
const char* Name(Outcome outcome);  // "whole", "done", "no effect", ...: stable words, used in --json.

struct StepResult {
  std::string name;
  Outcome outcome{};
  std::string detail;  // What is missing, what remains, what it needs; what would be done, of a plan.
  std::optional<Error>
      error;  // Of kFailed and kRemains; of kDone where a call failed and reading back shows its effect.
};

struct Report {
  std::vector<StepResult> steps;  // In the order in which they were looked at.
  // Of Install(): all steps are whole. Of Uninstall(): nothing remains.
  bool is_complete = false;
};

// Steps in the order in which they are made, and the journal that knows how far they are. A run may end between any two
// calls (a kill, a power cut): the next one goes on, whichever it is.
//
// Threads: one at a time. Errors: those of the journal alone; what concerns one step is told in its result.
class StepList {
 public:
  using Tell = std::function<void(const StepResult&)>;  // As soon as it is known.

  // The journal must outlive it. Names are unique.
  StepList(std::vector<std::unique_ptr<Step>> steps, Journal& journal);

  // What Install() would do; nothing is changed. kWhole, kToDo or kFailed (cannot be asked).
  Expected<Report> Plan();
  // What is true now, by asking the system. kWhole, kNoEffect (its record says that it is done, the system does not),
  // kNotTried (there is no record of it, and it is not there) or kFailed (cannot be asked).
  Expected<Report> Status();
  // Makes whole what is not, in order, and goes on past a step that fails; those that need it are not tried. Also the
  // repair of what somebody changed.
  Expected<Report> Install(const Tell& tell);
  // Takes everything back of which there is a record, in reverse, and goes on past what cannot be; what that needs
  // remains with it: the group, while files still name it. A record without a step, of a newer version say, remains.
  // `keep`: whose effect stays on purpose, with what that needs; its record stays too.
  using Keep = std::function<bool(const std::string& name)>;
  Expected<Report> Uninstall(const Tell& tell, const Keep& keep = {});
  // The same of the steps of which `begun` had no record: for an installation that did not succeed.
  Expected<Report> UndoSince(const std::vector<StepRecord>& begun, const Tell& tell);

 private:
  Expected<StepResult> InstallOne(Step& step);
  Expected<StepResult> GoWithout(const Step& step, const std::string& missing);
  Expected<StepResult> UndoOne(const StepRecord& record);
  Expected<Report> UndoAll(std::vector<StepRecord> records, const Tell& tell, const Keep& keep);
  Step* Find(const std::string& name) const;

  std::vector<std::unique_ptr<Step>> steps_;
  Journal& journal_;
};

}  // namespace acledger::setup
