// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "scanner/descriptor_table.h"
#include "scanner/folder_tree.h"
#include "scanner/handed_index.h"
#include "scanner/policy.h"
#include "scanner/progress.h"
#include "scanner/reader.h"
#include "scanner/walk.h"

namespace acledger::scanner {

// What the ledger says we left on an object: the newest live change of one grant.
struct LiveEntry {
  store::ChangeId change = 0;
  store::DescriptorId original = 0;
  store::DescriptorId after = 0;
  std::uint8_t flags = 0;
  bool met = false;  // By this scan: the object has a name in the grant, or may have one where nobody could look.
};
using LiveEntries = std::unordered_map<FileId, LiveEntry>;

// The live changes (applied or final) of a grant by file id. `intents`, if given, receives the objects of its intents.
Expected<LiveEntries> LoadLiveEntries(store::Ledger& ledger, store::GrantId grant,
                                      std::unordered_set<FileId>* intents = nullptr);

struct ScanReport {
  std::uint64_t objects = 0;
  std::uint64_t rows_written = 0;  // 0: the index says already what is there.
  std::uint64_t failures = 0;
  std::uint64_t unlisted = 0;   // Folders that could not be opened or listed, for a reason that may pass.
  std::uint64_t open_ends = 0;  // Rows that a plan has to look at although nothing changed: failed, not yet planned.
  bool complete = false;        // false: stopped; the frontier is in the ledger.
  bool resumed = false;         // Went on from such a frontier: the other numbers tell only of the rest.
  std::optional<FileId> root;   // Of another object that has the root's path by now: it is the grant's in the ledger.
};

// Another object has the path of the grant's root by now. False also where that cannot be told.
bool IsRootReplaced(Volume& volume, const store::Grant& grant, const PathComponents& root);

// Brings a grant's index up to what the volume holds: walks from the root (or from the frontier that an earlier run
// left), records each folder's names, identities and descriptors, with a first verdict that the planner refines. Writes
// nothing to the volume. A complete grant becomes kScanning with the first row that differs: what was planned is to be
// planned again. Where another object has the root's path by now, that one is the root: what was granted to the old one
// is then out of place. Never a reparse point, nor what the grant's requester may not change itself.
//
// Where the principal was made for us alone, entries of the grant's shape that no change stands for are taken as ours
// (recorded as applied): this is how they are found again after a ledger was lost.
class Scan {
 public:
  // All must outlive the Scan.
  Scan(Volume& volume, store::Ledger& ledger, const store::Grant& grant, const Policy& policy,
       const PathComponents& root, DescriptorTable& descriptors, Progress& progress);

  // Adopted entries are added to `live`.
  Expected<ScanReport> Run(unsigned readers, LiveEntries& live, const StopFlag& stop);

  // --- A part: some folders of the index are listed again, and what is new in them wholly. The frontier, the grant's
  // state and the roll-ups are left alone.

  // What is there, in memory; newest folders last. False: stopped; or only a whole scan can tell (too much that is new;
  // the root itself changed; a file with several names came, went or changed).
  Expected<bool> ReadPart(std::vector<std::shared_ptr<FolderRef>> folders, const StopFlag& stop);
  // Ids whose records decide what the objects that were read are; a superset.
  Expected<std::vector<FileId>> IdsOfPart();
  // Into the index, in the caller's transaction. `live` holds the records of IdsOfPart().
  Expected<ScanReport> MergePart(LiveEntries& live);
  // After MergePart(): the folders that were listed.
  Expected<std::vector<store::FolderId>> FoldersOfPart();
  // The paths of everything that was looked at are these, or lie directly in one of them.
  std::vector<PathComponents> PlacesOfPart() const;
  // Path and right of what failed in this look; what the ledger told before was not added again.
  using FailureKey = std::pair<std::string, std::string>;
  const std::set<FailureKey>& RenewedFailures() const { return renewed_; }

 private:
  struct Known;
  Expected<bool> ReadFolderOfPart(FolderReader& reader, FolderTask task, bool wholly, std::vector<FolderTask>& below);
  Expected<bool> Prune(ScannedFolder& scanned, const Known& known, std::vector<FolderTask>& tasks);
  Expected<bool> IsAsKnown(const ScannedName& name, const store::Node& node);
  Expected<bool> NoteGone(store::FolderId folder, const store::Node& node);
  Expected<bool> RootIsAsKnown(Object& root);
  Expected<bool> IsInReach(store::FolderId folder);
  Expected<FolderTask> OpenTask(std::shared_ptr<FolderRef> ref);
  Expected<void> NoteFoldersIn(store::FolderId folder);
  Expected<std::vector<FolderTask>> Start();
  Expected<std::vector<FolderTask>> StartAtRoot();
  Expected<void> RecordRoot(store::Node& self);
  Expected<void> CheckRoot(const ObjectInfo& info, security::Bytes descriptor) const;
  Expected<void> RenewRoot(const FileId& id);
  Expected<void> Mark();
  Expected<std::vector<store::Node>> EnterIndex(FolderRef& ref);
  Expected<void> Merge(ScannedFolder& scanned);
  Expected<void> KeepUnreached(const ScannedFolder& scanned, std::vector<store::Node> known,
                               std::vector<store::Node>& nodes, std::set<std::string>& lost);
  bool IsForgotten(const store::Node* known) const;
  Expected<void> ForgetBelow(store::FolderId folder, const std::set<std::string>& lost);
  Expected<void> ForgetSubtree(const store::Folder& top);
  using FolderPlace = std::pair<store::FolderId, std::string>;  // Its parent, its name.
  Expected<void> ForgetRows(store::FolderId folder, const std::set<FolderPlace>& listed, store::Counts& counts);
  void Meet(const FileId& id);
  Expected<store::Node> ToNode(const ScannedName& scanned, const FolderRef& folder, const store::Node* known);
  Expected<void> SetVerdict(store::Node& node);
  Expected<void> NoteStray(const store::Node& node);
  Expected<void> DropLeftFolders(store::FolderId folder, const ScannedFolder& scanned,
                                 std::span<const store::Node> known);
  Expected<bool> IsAdoptable(const store::Node& node);
  Expected<void> Adopt(store::FolderId folder, const store::Node& node);
  Expected<void> AddFailure(const PathComponents& path, const char* right, const Error& error);
  Expected<void> Commit(std::vector<ScannedFolder>& folders);

  Volume& volume_;
  store::Ledger& ledger_;
  const store::Grant& grant_;
  const Policy& policy_;
  const PathComponents& root_;
  const RequesterCheck requester_;
  DescriptorTable& descriptors_;
  Progress& progress_;

  DescriptorPool pool_;
  LiveEntries* live_ = nullptr;
  bool marked_ = false;  // The grant is kScanning in the ledger.
  store::FolderId root_folder_ = 0;
  FolderTree known_;  // Folders that the index held before this scan.
  HandedIndex handed_;
  std::unordered_set<store::GrantId> same_layer_;  // This grant, and others of its principal and mask.
  store::Counts total_;
  ScanReport report_;

  bool is_part_ = false;
  std::vector<ScannedFolder> part_;
  std::set<FailureKey> told_, renewed_;
  std::unordered_set<FileId> gone_;      // Objects that left the index with a folder or a name, or may have.
  std::unordered_set<FileId> unopened_;  // Folders that were to be looked at: whoever meets them enters them wholly.
};

}  // namespace acledger::scanner
