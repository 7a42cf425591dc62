// SPDX-License-Identifier: MIT
#pragma once

#include <unordered_set>

#include "scanner/planner.h"
#include "scanner/session.h"

namespace acledger::scanner {

struct ProvisionReport {
  std::uint64_t changes = 0;  // Descriptors written in this run.
  std::uint64_t failures = 0;
  // Folders that could not be opened or listed, for a reason that may pass: what is in them is unknown until a later
  // look. UnlistedFolders() names those of the whole grant.
  std::uint64_t unlisted = 0;
  // Objects that left their folders, and nobody could say where they are: a later run over everything asks again.
  std::uint64_t undecided = 0;
  std::uint64_t stripped = 0;  // Entries of ours taken out of excluded places, and of objects that left the grant.
  bool complete = false;       // false: stopped; the next run goes on from here.
  bool differs = true;         // false: all was as the index had it.
  bool whole = true;           // false: a part was looked at, and that was enough.
  bool unsettled = false;      // The end of some write is not known: Settle() asks the object.
};

// Makes one grant true on the volume: scan, plan, apply, each from where an earlier run left it. Settle() first.
// With `dry_run` nothing but the ledger is written, and the plan's intents stay out of it: `examples` receives them.
class Provision {
 public:
  Provision(Environment& environment, GrantContext& context);

  Expected<ProvisionReport> Run();

  // Looks at these folders alone (paths from the volume's root), enters what is new in them, and makes the grant true
  // there: where nothing else changed, the grant is then as after Run(). The cost follows what changed. Where that does
  // not do (see Scan::ReadPart, Planner::NeedsWhole, a grant that is not complete), the report says `whole`: a Run()
  // with a context of its own is needed.
  Expected<ProvisionReport> RunPart(std::span<const PathComponents> changed);

  using OnIntent = std::function<void(const store::Change&)>;
  Expected<ProvisionReport> DryRun(const OnIntent& on_intent, store::Counts& counts);

 private:
  Expected<bool> KeepsDescriptors();
  Expected<void> LookAround();
  Expected<bool> ScanAndSurvey();
  Expected<void> ApplyAll();
  Expected<void> Strip();
  Expected<std::optional<std::vector<std::shared_ptr<FolderRef>>>> FoldersFor(std::span<const PathComponents> changed);
  Expected<void> LoadLive(std::span<const FileId> ids);
  Expected<void> LoadLiveIn(store::FolderId folder);
  Expected<bool> MergeAndSurvey(Scan& scan);
  Expected<void> SurveyPart(std::vector<store::FolderId> folders);
  Expected<void> Open(store::FolderId folder);
  Expected<void> AddWay(store::FolderId folder);
  Expected<void> DropOldFailures(const Scan& scan);
  Expected<bool> IsStillFailed(const store::Failure& failure);
  bool BelongsElsewhere(Object& object);
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
  std::unordered_set<FileId> intents_;  // Objects of intents that an earlier run left.
  bool alone_ = true;                   // No other grant is in the ledger: no object has two records.
  std::unordered_set<FileId> missing_;  // Objects that some change of ours is missed with.
  std::optional<Planner> planner_;
  Planner::Part part_;
  bool is_part_ = false;
  bool needs_whole_ = false;
  bool stopped_ = false;  // Before all was done, whatever the flag says by now.
  std::vector<FileId> displaced_;
  std::vector<store::ChangeResult> results_;
  std::uint64_t planned_ = 0;
  std::uint64_t settled_ = 0;
  ProvisionReport report_;
};

}  // namespace acledger::scanner
