// SPDX-License-Identifier: MIT
#include "setup/step_list.h"

#include <algorithm>
#include <map>
#include <set>

namespace acledger::setup {
namespace {

StepResult Failed(const std::string& name, Error error) { return {name, Outcome::kFailed, {}, std::move(error)}; }

bool IsWhole(const StepResult& result) { return result.outcome == Outcome::kWhole || result.outcome == Outcome::kDone; }

std::string Missing(const Step& step, const std::set<std::string>& whole) {
  for (const std::string& needed : step.Needs())
    if (!whole.contains(needed)) return needed;
  return {};
}

std::string TroubleOf(const StepResult& result) {
  if (IsWhole(result)) return {};
  return result.error ? result.error->ToString() : Name(result.outcome) + (": " + result.detail);
}

}  // namespace

const char* Name(Outcome outcome) {
  switch (outcome) {
    case Outcome::kWhole:
      return "whole";
    case Outcome::kToDo:
      return "to do";
    case Outcome::kDone:
      return "done";
    case Outcome::kNoEffect:
      return "no effect";
    case Outcome::kFailed:
      return "failed";
    case Outcome::kNotTried:
      return "not tried";
    case Outcome::kUndone:
      return "undone";
    case Outcome::kRemains:
      return "remains";
    case Outcome::kKept:
      return "kept";
  }
  return "?";
}

StepList::StepList(std::vector<std::unique_ptr<Step>> steps, Journal& journal)
    : steps_(std::move(steps)), journal_(journal) {}

Step* StepList::Find(const std::string& name) const {
  const auto found = std::ranges::find(steps_, name, [](const auto& step) { return step->Name(); });
  return found == steps_.end() ? nullptr : found->get();
}

Expected<Report> StepList::Plan() {
  Report report;
  for (const auto& step : steps_) {
    const Expected<Standing> now = step->Check();
    if (!now) {
      report.steps.push_back(Failed(step->Name(), now.error()));
    } else if (now->is_whole) {
      report.steps.push_back({step->Name(), Outcome::kWhole, {}, {}});
    } else {
      report.steps.push_back({step->Name(), Outcome::kToDo, step->Intent(), {}});
    }
  }
  report.is_complete =
      std::ranges::all_of(report.steps, [](const StepResult& result) { return result.outcome == Outcome::kWhole; });
  return report;
}

Expected<Report> StepList::Status() {
  Report report;
  for (const auto& step : steps_) {
    const Expected<std::optional<StepRecord>> record = journal_.Find(step->Name());
    if (!record) return std::unexpected(record.error());
    const Expected<Standing> now = step->Check();
    if (!now) {
      report.steps.push_back(Failed(step->Name(), now.error()));
    } else if (now->is_whole) {
      report.steps.push_back({step->Name(), Outcome::kWhole, {}, {}});
    } else {
      report.steps.push_back({step->Name(), *record ? Outcome::kNoEffect : Outcome::kNotTried, now->what, {}});
    }
  }
  report.is_complete = std::ranges::all_of(report.steps, IsWhole);
  return report;
}

// The record comes first: from then on an end at any point leaves something that says what is to be taken back.
Expected<StepResult> StepList::InstallOne(Step& step) {
  Expected<std::optional<StepRecord>> known = journal_.Find(step.Name());
  if (!known) return std::unexpected(known.error());
  const Expected<Standing> now = step.Check();
  if (!now) return Failed(step.Name(), now.error());
  if (now->is_whole && *known && (*known)->state == StepState::kApplied)
    return StepResult{step.Name(), Outcome::kWhole, {}, {}};
  StepRecord record{step.Name(), StepState::kApplying, {}, {}};
  if (*known) {
    record.before = (*known)->before;
  } else {
    Expected<std::string> before = step.Before();
    if (!before) return Failed(step.Name(), before.error());
    record.before = *std::move(before);
  }
  if (const Expected<void> put = journal_.Put(record); !put) return std::unexpected(put.error());

  StepResult result{step.Name(), now->is_whole ? Outcome::kWhole : Outcome::kDone, {}, {}};
  if (!now->is_whole)
    if (const Expected<void> applied = step.Apply(record.before); !applied) result.error = applied.error();
  const Expected<Standing> after = step.Check();
  if (!after) {
    result.outcome = Outcome::kFailed;
    if (!result.error) result.error = after.error();
  } else if (!after->is_whole) {
    // Where the seam has read back itself, it says so by its error.
    const bool is_failure = result.error && result.error->kind != ErrorKind::kNoEffect;
    result.outcome = is_failure ? Outcome::kFailed : Outcome::kNoEffect;
    result.detail = after->what;
  }
  if (IsWhole(result)) record.state = StepState::kApplied;
  record.trouble = TroubleOf(result);
  if (const Expected<void> put = journal_.Put(record); !put) return std::unexpected(put.error());
  return result;
}

Expected<StepResult> StepList::GoWithout(const Step& step, const std::string& missing) {
  StepResult result{step.Name(), Outcome::kNotTried, "it needs " + missing, {}};
  if (!step.GoesWithItsNeeds()) return result;
  const Expected<std::optional<StepRecord>> record = journal_.Find(step.Name());
  if (!record) return std::unexpected(record.error());
  if (!*record) return result;
  const Expected<StepResult> undone = UndoOne(**record);
  if (!undone) return undone;
  if (undone->outcome == Outcome::kUndone) {
    result.detail += ", and was taken back";
    return result;
  }
  return StepResult{step.Name(), Outcome::kFailed, result.detail + ", and could not be taken back: " + undone->detail,
                    undone->error};
}

Expected<Report> StepList::Install(const Tell& tell) {
  Report report;
  std::set<std::string> whole;
  for (const auto& step : steps_) {
    const std::string missing = Missing(*step, whole);
    const Expected<StepResult> result = missing.empty() ? InstallOne(*step) : GoWithout(*step, missing);
    if (!result) return std::unexpected(result.error());
    if (IsWhole(*result)) whole.insert(result->name);
    tell(*result);
    report.steps.push_back(*result);
  }
  report.is_complete = whole.size() == steps_.size();
  return report;
}

Expected<StepResult> StepList::UndoOne(const StepRecord& record) {
  StepResult result{record.name, Outcome::kRemains, {}, {}};
  Step* step = Find(record.name);
  if (step == nullptr) {
    result.detail = "this version knows no such step";
    return result;
  }
  StepRecord undoing{record.name, StepState::kUndoing, record.before, {}};
  if (const Expected<void> put = journal_.Put(undoing); !put) return std::unexpected(put.error());
  if (const Expected<void> undone = step->Undo(record.before); !undone) result.error = undone.error();
  const Expected<Standing> after = step->CheckUndone(record.before);
  if (after && after->is_whole) {
    result.outcome = Outcome::kUndone;
    if (const Expected<void> removed = journal_.Remove(record.name); !removed) return std::unexpected(removed.error());
    return result;
  }
  if (after) result.detail = after->what;
  if (!after && !result.error) result.error = after.error();
  undoing.trouble = TroubleOf(result);
  if (const Expected<void> put = journal_.Put(undoing); !put) return std::unexpected(put.error());
  return result;
}

Expected<Report> StepList::UndoAll(std::vector<StepRecord> records, const Tell& tell, const Keep& keep) {
  // By the order of the steps, since that is what they need each other in; what has none, first.
  const auto place = [this](const StepRecord& record) {
    return std::ranges::find(steps_, record.name, [](const auto& step) { return step->Name(); }) - steps_.begin();
  };
  std::ranges::stable_sort(records, std::ranges::greater(), place);
  Report report;
  report.is_complete = true;
  std::map<std::string, StepResult> staying;  // By the step that another one, which stays, needs.
  for (const StepRecord& record : records) {
    if (keep && keep(record.name)) staying[record.name] = {record.name, Outcome::kKept, {}, {}};
    const auto stays = staying.find(record.name);
    const Expected<StepResult> result = stays == staying.end() ? UndoOne(record) : stays->second;
    if (!result) return std::unexpected(result.error());
    const bool is_kept = result->outcome == Outcome::kKept;
    report.is_complete = report.is_complete && (is_kept || result->outcome == Outcome::kUndone);
    if (const Step* step = Find(record.name); step != nullptr && result->outcome != Outcome::kUndone)
      for (const std::string& name : step->Needs())
        if (!staying.contains(name) || !is_kept) staying[name] = {name, result->outcome, record.name + " needs it", {}};
    tell(*result);
    report.steps.push_back(*result);
  }
  return report;
}

Expected<Report> StepList::Uninstall(const Tell& tell, const Keep& keep) {
  Expected<std::vector<StepRecord>> records = journal_.Records();
  if (!records) return std::unexpected(records.error());
  return UndoAll(*std::move(records), tell, keep);
}

Expected<Report> StepList::UndoSince(const std::vector<StepRecord>& begun, const Tell& tell) {
  Expected<std::vector<StepRecord>> records = journal_.Records();
  if (!records) return std::unexpected(records.error());
  std::erase_if(*records, [&begun](const StepRecord& record) {
    return std::ranges::find(begun, record.name, &StepRecord::name) != begun.end();
  });
  return UndoAll(*std::move(records), tell, {});
}

}  // namespace acledger::setup
