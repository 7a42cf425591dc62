// SPDX-License-Identifier: MIT
#pragma once

#include "scanner/planner.h"
#include "scanner/session.h"

namespace acledger::scanner {

struct ProvisionReport {
  std::uint64_t changes = 0;  // Descriptors written in this run.
  std::uint64_t failures = 0;
  std::uint64_t stripped = 0;  // Entries of ours taken out of excluded places, and of objects that left the grant.
  bool complete = false;       // false: stopped; the next run goes on from here.
};

// Makes one grant true on the volume: scan, plan, apply, each from where an earlier run left it. Settle() first.
// With `dry_run` nothing but the ledger is written, and the plan's intents stay out of it: `examples` receives them.
class Provision {
 public:
  Provision(Environment& environment, GrantContext& context);

  Expected<ProvisionReport> Run();

  using OnIntent = std::function<void(const store::Change&)>;
  Expected<ProvisionReport> DryRun(const OnIntent& on_intent, store::Counts& counts);

 private:
  Expected<bool> KeepsDescriptors();
  Expected<bool> ScanAndSurvey();
  Expected<void> ApplyAll();
  Expected<void> Record(const std::vector<BatchRunner::Done>& done);
  Expected<void> RecordOne(const BatchRunner::Done& done);
  Expected<void> Applied(const store::Change& change);
  Expected<void> MovedOn(const BatchRunner::Done& done);
  Expected<void> Again(const store::Change& change, store::DescriptorId current, const Error& last);
  Expected<void> Moved(const store::Change& change);
  Expected<void> WaitForSource(const store::Change& change);
  Expected<void> Fail(const store::Change& change, const char* right, const Error& error);
  Expected<void> StripExcluded();
  Expected<void> StripDisplaced();
  Expected<void> NoteStripped(const PathComponents& path);
  void Report(Phase phase);

  Environment& environment_;
  GrantContext& context_;
  LiveEntries live_;
  bool alone_ = true;  // No other grant is in the ledger: no object has two records.
  std::optional<Planner> planner_;
  std::vector<FileId> displaced_;
  std::vector<store::ChangeResult> results_;
  std::uint64_t planned_ = 0;
  std::uint64_t settled_ = 0;
  ProvisionReport report_;
};

}  // namespace acledger::scanner
