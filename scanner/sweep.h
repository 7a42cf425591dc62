// SPDX-License-Identifier: MIT
#pragma once

#include <set>
#include <span>
#include <string>
#include <unordered_set>

#include "scanner/session.h"
#include "scanner/walk.h"

namespace acledger::scanner {

struct SweepReport {
  std::uint64_t objects = 0;     // Looked at in the last pass: what the proof rests on.
  std::uint64_t unreadable = 0;  // Could not be looked at; each is a failure.
  std::uint64_t stripped = 0;
  std::uint64_t recovered = 0;  // Of changes that the rollback had failed to take back before.
  std::uint64_t failed = 0;     // Ours, and could not be taken out.
  std::uint64_t orphans = 0;    // Ours on objects that a person gave up: left alone.
  // Entries that may be ours and stay: failed ones, explicit ones without a record, and those of objects that had one
  // by the last that is known of them.
  std::uint64_t remaining = 0;
  std::vector<std::string> examples;  // Paths of the remaining ones, the first few.
  bool stopped = false;               // On the way, whatever the flag says by now: then it proves nothing.
};

// Looks at every object below a start (with no exclusion, never through a reparse point) for entries of a grant, and
// takes out, recorded first, those that are ours but that no change stands for: inherited by objects that were created
// later, carried along by moved ones. An entry is ours without a record if it has the grant's mask and
//  * is inherited, and no folder above passes it on any more (kRollback) or the place is excluded (kExcluded), or
//  * names a principal that was made for us alone.
// What was there before us, or belongs to another live grant, stays. Passes are repeated until one finds nothing.
//
// After a rollback the whole volume is looked at by its own tables, read anew for each pass, where it has a view in
// bulk (Environment::index): then only what names the principal there is opened, and judged by what it holds itself. On
// a mounted volume that includes all that changed since, until nothing does any more; if it never gets quiet, or the
// changes cannot be told, all is walked.
class Sweep {
 public:
  enum class Mode : std::uint8_t { kRollback, kExcluded };

  // `together`: grants of the same principal and mask that are being taken back with this one, so that none of them
  // justifies an entry any more.
  Sweep(Environment& environment, GrantContext& context, Mode mode, std::span<GrantContext* const> together = {});

  Expected<SweepReport> Run(const PathComponents& start);

 private:
  // Whose word a descriptor is.
  enum class Word : std::uint8_t {
    kOwn,
    kLast,      // The last that is known of an object that cannot be asked any more.
    kUnplaced,  // The same, and where it is by now is not known either.
  };

  struct Candidate {
    store::FolderId folder = 0;  // In this sweep's own tree; 0: the start itself.
    std::u16string name;
    ObjectInfo info;
    FileId parent;
    DescriptorPool::Number descriptor = 0;
    Word word = Word::kOwn;
  };

  struct Standing {                    // One object that names the principal.
    bool justified = false;            // Another live grant of principal and mask stands for their entries.
    std::optional<store::Change> own;  // The record of it by this grant, or by one that goes with it.
    security::DescriptorBytes stripped;
  };

  Expected<std::uint64_t> Pass(const PathComponents& start);
  Expected<FolderTask> OpenStart(const PathComponents& start, Candidate& itself);
  Expected<void> WalkFrom(FolderTask first, const Candidate& start, std::vector<store::Change>& strips);
  Expected<bool> LookByTables(const Candidate& start, std::vector<store::Change>& strips);
  Expected<void> AskFound(BulkView::Found& found, std::vector<Candidate>& asked);
  Expected<bool> AskUntilQuiet(BulkView& view, const BulkView::Found& found, std::vector<Candidate>& asked);
  Expected<void> AskById(const FileId& id, DescriptorPool::Number last, std::vector<Candidate>& asked);
  Expected<void> Judge(const std::vector<Candidate>& asked, std::vector<store::Change>& strips);
  Expected<void> JudgeOne(const Candidate& candidate, std::vector<store::Change>& strips);
  store::FolderId NumberOf(const BulkView::Found& found, std::size_t folder, std::vector<store::FolderId>& numbers);
  Expected<void> LookAtFolder(ScannedFolder& scanned, std::vector<store::Change>& strips);
  Expected<void> AskItself(Candidate& candidate);
  DescriptorPool::Number LastOf(security::Bytes descriptor);
  Expected<void> CannotAsk(Candidate candidate, Word word, const Error& error, std::vector<Candidate>& asked);
  Expected<void> LookAt(const Candidate& candidate, std::vector<store::Change>& strips);
  bool NamesPrincipal(DescriptorPool::Number number);
  Expected<void> LookAtAce(const security::AceView& ace, const Candidate& candidate, Standing& standing);
  Expected<bool> IsOurs(const security::AceView& ace, const Candidate& candidate, const Standing& standing);
  Expected<void> AddStrip(const Candidate& candidate, Standing standing, std::vector<store::Change>& strips);
  Expected<bool> WasThereBefore(const Candidate& candidate, const security::Entry& entry);
  Expected<void> FindSiblings();
  Expected<bool> IsJustified(const Candidate& candidate, std::optional<store::Change>& own);
  Expected<void> FindDismissed();
  bool IsOrphan(const security::AceView& ace, const Candidate& candidate) const;
  // Of another live grant with another mask: that one's to judge.
  bool IsOtherLayers(const security::AceView& ace) const;
  void StartLast(std::vector<store::Change>& strips) const;
  Expected<void> Strip(std::span<const store::Change> strips, const PathComponents& start);
  Expected<void> RecordStrips(std::vector<store::Change>& batch);
  Expected<void> Stripped(const BatchRunner::Done& done, std::vector<store::ChangeResult>& results);
  void ReportProgress();
  void Remains(const Candidate& candidate);
  Expected<void> AddFailure(const PathComponents& path, const char* right, const Error& error);
  PathComponents PathOf(const Candidate& candidate) const;

  Environment& environment_;
  GrantContext& context_;
  Mode mode_;
  std::optional<Policy> nothing_excluded_;
  DescriptorPool pool_;
  std::unordered_map<DescriptorPool::Number, bool> names_principal_;
  PathComponents start_;
  FileId start_id_;
  FolderTree tree_;
  store::FolderId last_folder_ = 0;
  std::unordered_set<store::GrantId> together_;  // This grant, and those that go with it.
  std::unordered_set<store::GrantId> siblings_;  // Other live grants of the same principal and mask.
  std::vector<PathComponents> sibling_roots_;
  std::unordered_set<FileId> dismissed_;         // Given up by a person, of any grant of principal and mask.
  std::set<security::AccessMask> other_masks_;   // Of other live grants of the same principal.
  std::unordered_set<FileId> still_passing_on_;  // Folders that go on passing an entry of the principal down.
  std::unordered_set<std::string> told_;         // Failures, by path and right.
  std::uint64_t passed_ = 0;                     // Taken out in this pass.
  SweepReport report_;
};

}  // namespace acledger::scanner
