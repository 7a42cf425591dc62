// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "security/descriptor.h"
#include "security/error.h"
#include "security/file_id.h"
#include "security/sid.h"

namespace acledger::store {

using GrantId = std::int64_t;
using FolderId = std::int64_t;  // A folder's number in the index: a parent's is lower than its children's.
using DescriptorId = std::int64_t;
using ChangeId = std::int64_t;

// What an object is for a principal. Each object of the index has exactly one; they sum to the objects.
enum class Verdict : std::uint8_t { kUnknown, kReadable, kCovered, kPending, kDenied, kSkipped, kDrifted, kFailed };
inline constexpr std::size_t kVerdicts = 8;
const char* Name(Verdict verdict);  // "readable", ...

// Why a verdict is what it is. Stored: never renumber.
enum class Reason : std::uint8_t {
  kNone = 0,
  kSensitive = 1,       // skipped: the built-in list of sensitive names
  kExcluded = 2,        // skipped: an --exclude glob
  kNotAllowed = 3,      // skipped: below AppData, not on the allow-list
  kReparsePoint = 4,    // skipped: never traversed
  kHardLink = 5,        // skipped: another name lies outside the grant
  kRecall = 6,          // skipped: opening would fetch it from the cloud
  kExpanded = 7,        // skipped: a profile root or the like; its entries are granted instead
  kProtected = 8,       // denied: protected DACL, policy is report
  kBelowProtected = 9,  // denied: below such a folder
  kDenyEntry = 10,      // denied: someone's deny entry
  kEmptyDacl = 11,      // denied: empty DACL, policy is report
  kLabel = 12,          // denied: mandatory label
  kForeignEntry = 13,   // the principal has an entry that is not ours
  kInheritedOurs = 14,  // covered: inherited from an entry of ours when it was created
  kEntryLost = 15,      // drifted: our entry is gone
  kEdited = 16,         // drifted: someone else edited the descriptor, our entry is there
  kNoDescriptor = 17,   // failed or denied: the descriptor cannot be parsed or edited
  kNotRequesters = 18,  // denied: who asked for the grant may not change it (or not even list it)
};
const char* Name(Reason reason);  // "sensitive name", ...

struct Counts {
  std::array<std::uint64_t, kVerdicts> by_verdict{};
  std::uint64_t& operator[](Verdict verdict) { return by_verdict[static_cast<std::size_t>(verdict)]; }
  std::uint64_t operator[](Verdict verdict) const { return by_verdict[static_cast<std::size_t>(verdict)]; }
  std::uint64_t Objects() const;
  Counts& operator+=(const Counts& other);
  bool operator==(const Counts&) const = default;
};

// Stored: never renumber.
enum class GrantState : std::uint8_t {
  kScanning = 0,
  kPlanning = 1,
  kApplying = 2,
  kComplete = 3,
  kRollingBack = 4,
  kRolledBack = 5,
  kPartOf = 6,  // A grant of the same principal and mask above it reaches its root: nothing to do while that one lives.
};
const char* Name(GrantState state);

enum class ProtectedPolicy : std::uint8_t { kReport, kGrant };

// What a grant leaves out, as the user or acledger.toml said it; scanner/policy.h tells the forms.
struct Rules {
  std::vector<std::string> excludes;         // Globs, relative to the root.
  std::vector<std::string> sensitive_names;  // Empty: the built-in list.
  std::vector<std::string> appdata_allowed;  // Empty: the built-in list.
  std::vector<std::string> sensitive_paths;  // Beside either list: paths from the volume's root.

  bool operator==(const Rules&) const = default;
};

// Who asked for a grant, where that was no administrator: each object is checked against this token before it is
// written. SIDs as the system told them, at the time of the request.
struct Requester {
  std::string user;                      // The user's SID, or its number.
  std::vector<security::Sid> sids;       // User and enabled groups.
  std::vector<security::Sid> deny_only;  // Groups that count for deny entries alone.
  std::uint32_t process = 0;             // 0: not known.
  std::int64_t asked = 0;                // Seconds since 1970, UTC.

  bool operator==(const Requester&) const = default;
};

// The wish: principal + mask + root + policy.
struct Grant {
  GrantId id = 0;
  security::Sid principal;
  bool principal_is_ours = false;  // The SID was made for acledger alone: any entry of it on the volume is ours.
  security::AccessMask mask = security::kFileReadAndExecute;
  std::string root;  // FormatPath() of it: "\Users\dev", case as on the volume.
  FileId root_id;
  ProtectedPolicy protected_policy = ProtectedPolicy::kReport;
  Rules rules;
  std::vector<security::Sid> token_sids;  // Beyond the principal: what its token holds too.
  GrantState state = GrantState::kScanning;
  bool is_permanent = true;  // Else it lives as long as a holder wants it.
  bool on_hold = false;      // A person said pause or cancel: it waits for resume.
  bool is_stale = false;     // Changes of the volume were missed: what the index says is unknown until the next scan.
  std::optional<Requester> requester;  // Empty: an administrator.
};

using HolderId = std::int64_t;

// Who wants a grant for as long as it runs.
struct Holder {
  HolderId id = 0;
  GrantId grant = 0;
  std::string user;  // The user's SID, or its number.
  std::uint32_t process = 0;
  std::int64_t created = 0;   // Creation time of the process in the system's own unit: numbers are used again.
  std::int64_t acquired = 0;  // Seconds since 1970, UTC.

  bool operator==(const Holder&) const = default;
};

// One name in a folder of the index. Names are WTF-8.
struct Node {
  std::string name;
  FileId file_id;
  DescriptorId descriptor = 0;  // What was last seen there; 0: not read.
  Verdict verdict = Verdict::kUnknown;
  Reason reason = Reason::kNone;
  bool is_folder = false;
  bool has_links = false;  // More than one hard link.

  bool operator==(const Node&) const = default;
};

// How the last complete plan saw a folder: enough to plan a part of the tree without looking at the rest. Stored: never
// renumber.
enum PlanBits : std::uint8_t {
  kPlanned = 1,            // The others say something.
  kPlanNeeds = 2,          // It, or something below that inheritance could reach, needs an entry.
  kPlanBlocked = 4,        // Nothing inheritable: an exclusion lies at or below it, or could.
  kPlanCarries = 8,        // It passes our entry on.
  kPlanBelowRefused = 16,  // It or a folder above it is protected and refused.
};

// A folder of the index whose entries are known. The grant's root is a folder with parent 0 whose own object is `self`.
struct Folder {
  FolderId id = 0;
  FolderId parent = 0;
  GrantId grant = 0;
  Node self;              // The folder's own row: stored with its parent's nodes, for a root with the folder.
  Counts counts;          // Roll-up: the subtree, the folder itself included.
  std::uint8_t plan = 0;  // Of PlanBits; 0: not planned since it was listed.
};

// A folder that was seen and not yet listed.
struct FrontierFolder {
  GrantId grant = 0;
  FolderId parent = 0;
  std::string name;
  FileId file_id;
};

enum class ChangeState : std::uint8_t {
  kIntent,     // Durable wish; applied or not, the object tells.
  kApplied,    // Done and read back; the volume not flushed since.
  kFinal,      // Flushed.
  kReverting,  // Durable wish to take it back: `revert_from` -> `revert_to`.
  kReverted,   // Taken back and read back; not flushed since.
  kUndone,     // Flushed. Kept for the record until Purge().
  kAbandoned,  // Never applied (the object had changed or gone): nothing of ours is there.
  kMissing,    // Was to be taken back, and the object was gone: see Tombstone.
  kDismissed,  // Given up by a person. Kept for the record, never tried again.
};

// One durable step of one object: adds `entry` to it.
struct Change {
  ChangeId id = 0;
  GrantId grant = 0;
  FolderId folder = 0;  // Where the name was when it was applied; 0: the grant's root itself.
  std::string name;
  FileId file_id;
  bool is_folder = false;
  std::uint8_t entry_flags = 0;  // With the grant's principal and mask: the ACE.
  DescriptorId original = 0;     // Without any entry of ours.
  DescriptorId before = 0;
  DescriptorId after = 0;
  DescriptorId revert_from = 0, revert_to = 0;
  ChangeState state = ChangeState::kIntent;

  bool Adds() const { return after != original; }  // Else it takes away an entry that is no longer wanted.
};

struct ChangeResult {
  ChangeId id = 0;
  ChangeState state = ChangeState::kApplied;
};

// Stands for a change that could not be taken back: in the state kMissing the object was gone, in kReverting it could
// not be written, in kDismissed a person gave it up.
struct Tombstone {
  Change change;
  std::string path;        // Where it was last known, as the user writes it.
  std::string right;       // As in Failure.
  Error error;             // Why, the last time that it was tried; its own path is not kept.
  std::int64_t since = 0;  // Seconds since 1970, UTC, of the first time.
  bool proved = false;     // A final scan of the volume ran while it stood: nothing else is left of the grant.
  std::string dismissed_by;
  std::int64_t dismissed = 0;  // Seconds since 1970, UTC; 0: not.
};

struct TombstoneCounts {
  GrantId grant = 0;
  std::uint64_t missing = 0, unreachable = 0, dismissed = 0;
};

struct Failure {
  GrantId grant = 0;
  std::string path;   // Whole, as the user writes it.
  std::string right;  // "READ_CONTROL", "WRITE_DAC", "list", ...
  security::Sid principal;
  Error error;
};

struct OpenOptions {
  bool read_only = false;           // Beside a writer; never creates, migrates or repairs.
  std::uint64_t volume_serial = 0;  // Of the volume it is used with; another one in the ledger: kMismatch.
  std::string volume_name;
  bool check_volume = true;  // false: for `status` without the volume at hand.
  // A file that PrepareSeed() (store/carried.h) made ready. It becomes the ledger where there is none, or one that
  // never knew a grant; else it is left alone. For a writer.
  std::string seed = {};
};

// What became of the file at opening.
enum class OpenOutcome : std::uint8_t {
  kOpened,
  kCreated,
  kMigrated,  // From an older schema, in place.
  kAdopted,   // It is what OpenOptions::seed was.
  // It was damaged: kept as PATH.damaged-N, a new one was made. The volume has to be scanned for our entries.
  kMovedAside,
};

// The SQLite file that holds grants, changes, descriptors and the index. WAL, synchronous=FULL, one transaction a
// batch. One writer: it holds a lock on PATH.lock, which the system frees when the process ends.
//
// Threads: one at a time. For reading beside the writer open a second Ledger with read_only; it waits for nobody.
// Errors: kBusy (another writer: says so), kNoSpace, kCorrupt, kMismatch (another volume), kUnsupported (a newer
// schema), kNotFound (read-only and no file; no folder for a new one), kInvalid (an SQLite file that is no ledger; a
// link), kReadOnly (a write through a read-only Ledger), kDenied, kIo. A failed write rolls its transaction back;
// nothing is half done, and the Ledger can be used on. One that meets damage leaves PATH.damaged behind: the next
// writer moves the ledger aside.
class Ledger {
 public:
  static Expected<std::unique_ptr<Ledger>> Open(const std::string& path, const OpenOptions& options);
  ~Ledger();

  OpenOutcome Outcome() const;
  const std::string& MovedTo() const;  // Where a damaged file went; empty where that is not known.
  // It was begun in place of a damaged one, now or in an earlier run: the volume may carry entries of ours that it does
  // not know.
  bool ReplacesDamaged() const;
  const std::string& Path() const;
  Expected<std::string> VolumeName();  // OpenOptions::volume_name when it was made.

  // Writes a copy of the ledger as it is now to a file that does not exist yet (kInvalid) and that its owner alone can
  // read. The copy is not durable: for scratch use.
  Expected<void> CopyTo(const std::string& path);

  // Writes a copy for the volume to carry: one durable file without a log, compact, and without what means nothing
  // elsewhere (processes, settings, the volume's index). As for CopyTo().
  Expected<void> ExportTo(const std::string& path);

  // Runs `body` in one transaction and commits it durably (FULL) unless `body` or the commit fails. A call inside
  // another joins that one's transaction; a write that fails inside dooms the whole, also where `body` goes on.
  // (kNotFound of a single update writes nothing and dooms nothing.) Read-only: all questions in `body` see the same
  // moment.
  Expected<void> InTransaction(const std::function<Expected<void>()>& body);
  // Called after each commit that wrote anything but settings, on the thread that committed. It must be short and use
  // no ledger.
  void SetOnCommit(std::function<void()> on_commit);

  // Copies the write-ahead log into the file, for a quiet moment: it happens by itself, after a commit, when the log
  // has grown to 16 MiB. Not inside a transaction.
  Expected<void> Checkpoint();

  // --- grants
  Expected<GrantId> AddGrant(const Grant& grant);
  Expected<void> SetGrantState(GrantId id, GrantState state);
  Expected<void> UpdateGrant(const Grant& grant);  // All but principal, mask, root, on_hold and is_stale.
  Expected<void> SetOnHold(GrantId id, bool on_hold);
  Expected<void> SetStale(GrantId id, bool is_stale);
  Expected<std::vector<Grant>> Grants();  // All but rolled-back ones.
  Expected<std::vector<Grant>> AllGrants();
  // Those that have a change in one of these states. Reads all changes once.
  Expected<std::vector<GrantId>> GrantsWith(std::span<const ChangeState> states);

  // --- holders
  Expected<HolderId> AddHolder(const Holder& holder);
  Expected<void> RemoveHolder(HolderId id);  // kNotFound: no such holder.
  Expected<std::vector<Holder>> Holders();   // Ascending id.

  // --- one grant's objects become another's: see scanner/handover.h. Inside a transaction.
  // Every change that is not closed or dismissed. Their folders are looked for by file id from then on.
  Expected<void> MoveChanges(GrantId from, GrantId to);
  // Those on objects that the index of `from` holds at or below `place` (0: nowhere) or the index of `to` holds at all,
  // and on the object `root_id`, which is the root of `to`. A file with another name elsewhere in `from` stays.
  Expected<void> MoveChangesBelow(GrantId from, GrantId to, FolderId place, const FileId& root_id);
  // The index at and below a folder becomes that of `to`, which has none yet; the folder is its root.
  Expected<void> MoveIndex(FolderId folder, GrantId to);

  // --- settings that a person made and that outlive the process
  Expected<std::string> Setting(std::string_view name);  // Empty: never set.
  Expected<void> SetSetting(std::string_view name, std::string_view value);

  // --- descriptors, interned by content
  Expected<DescriptorId> Intern(security::Bytes descriptor);
  // Verifies the stored hash: kCorrupt where the bytes are not those that were stored.
  Expected<security::DescriptorBytes> Descriptor(DescriptorId id);

  // --- the index
  // Idempotent by (grant, parent, name). Parent 0: the grant's root, whose own row is kept here; else `self` is to be
  // among the parent's nodes. A number is never given twice.
  Expected<FolderId> AddFolder(GrantId grant, FolderId parent, const Node& self);
  // Makes the folder's rows equal `nodes`: writes only differences; rows that are gone take their subtree with them.
  // Returns the number of rows written. The order of `nodes` does not matter.
  Expected<std::uint64_t> ReplaceNodes(FolderId folder, std::span<const Node> nodes);
  // Verdict, reason, descriptor of (folder, name, file_id). kNotFound if that is another object by now.
  Expected<void> UpdateNode(FolderId folder, const Node& node);
  Expected<void> UpdateRoot(FolderId folder, const Node& self);
  Expected<void> Nodes(FolderId folder, std::vector<Node>& out);
  Expected<std::optional<Folder>> Root(GrantId grant);   // Empty: nothing of the grant is indexed yet.
  Expected<std::vector<Folder>> Folders(GrantId grant);  // Ascending id; with counts.
  // The folders on the way along `names`, the root's first, as far as they are in the index. Names as in Find().
  Expected<std::vector<Folder>> FoldersAlong(GrantId grant, std::span<const std::string> names,
                                             const std::function<std::string(std::string_view)>& fold = {});
  // From the root down to the folder itself; empty: it is not in the index.
  Expected<std::vector<Folder>> FoldersTo(FolderId folder);
  Expected<std::vector<Folder>> FoldersIn(FolderId parent);  // Ascending id; with counts.
  Expected<void> SetCounts(FolderId folder, const Counts& counts);
  Expected<void> SetPlan(FolderId folder, const Counts& counts, std::uint8_t plan);
  Expected<void> RemoveIndex(GrantId grant);

  Expected<void> AddFrontier(std::span<const FrontierFolder> folders);
  Expected<void> RemoveFrontier(const FrontierFolder& folder);
  Expected<std::vector<FrontierFolder>> Frontier(GrantId grant);

  // --- changes
  Expected<void> RecordIntents(std::span<Change> changes);  // Fills in the ids; state kIntent.
  Expected<void> RecordResults(std::span<const ChangeResult> results);
  // Durable wish to take changes back (state kReverting, revert_from, revert_to).
  Expected<void> RecordReverts(std::span<const Change> changes);
  Expected<void> FinalizeFlushed();  // kApplied -> kFinal, kReverted -> kUndone, after the volume was flushed.
  // In states as given, ordered by folder, then id.
  Expected<std::vector<Change>> Changes(GrantId grant, std::span<const ChangeState> states);
  // The same by and by: ordered by id, at most `limit` with an id above `after_id`.
  Expected<std::vector<Change>> ChangesAfter(GrantId grant, std::span<const ChangeState> states, ChangeId after_id,
                                             std::size_t limit);
  // kIntent, kApplied, kFinal, kReverting, kMissing; oldest first.
  Expected<std::vector<Change>> LiveChangesOf(const FileId& id);
  // Of another entry's change on the same object, when one is taken back.
  Expected<void> SetAfter(ChangeId id, DescriptorId after);
  // Folder, name, file id, original, before and after: what the object of an adopted change is known by here.
  Expected<void> Rebind(const Change& change);
  Expected<void> Purge(GrantId grant);  // Drops kUndone and kAbandoned.
  // Drops the kReverted changes of rolled-back grants that a later change of the same entry (object, principal, mask,
  // flags) stands for: one that is applied, or another of these.
  Expected<void> DropRepeatedReverts();

  // --- tombstones
  // For a change that is, or is about to be, in the state kReverting or kMissing. Of one that stands already only the
  // error is brought up to date. It goes when the change is applied again, or taken back and purged.
  Expected<void> AddTombstone(const Tombstone& tombstone);
  // Of changes in these states (kReverting, kMissing, kDismissed; kReverted until Purge()), in order of their ids.
  Expected<std::vector<Tombstone>> Tombstones(std::span<const ChangeState> states);
  Expected<std::vector<TombstoneCounts>> CountTombstones();  // Of each grant that has any.
  Expected<void> MarkProved(GrantId grant);                  // Those in the state kReverting.
  // kNotFound: no tombstone stands for this change, or it is dismissed already.
  Expected<void> Dismiss(ChangeId id, std::string_view by, std::int64_t when);

  // --- failures
  Expected<void> AddFailure(const Failure& failure);
  Expected<void> ClearFailures(GrantId grant);
  Expected<std::vector<Failure>> Failures();

  // --- questions, answered from roll-ups and look-ups
  struct Found {
    Grant grant;
    FolderId folder = 0;  // The folder that holds the name; 0 for the grant's root.
    Node node;
    std::optional<Folder> as_folder;  // If it is a folder whose entries are known: its id and roll-up.
  };
  // The object at `path` (components below the volume's root, WTF-8) in each grant whose root is at or above it. ASCII
  // case is ignored where the exact name is not there; other letters by `fold` (the volume's upper-casing), if given.
  Expected<std::vector<Found>> Find(std::span<const std::string> components,
                                    const std::function<std::string(std::string_view)>& fold = {});
  // The path of a folder of the index, from the grant's root (included) down.
  Expected<std::string> PathOf(FolderId folder);

  // Exact, for tests and the bench.
  struct Statistics {
    std::uint64_t transactions = 0;  // Committed since opening.
    std::uint64_t checkpoints = 0;
    std::uint64_t rows_written = 0;
    std::uint64_t node_bytes = 0;  // Pages of the node table, in bytes.
    std::uint64_t nodes = 0;
  };
  Expected<Statistics> Stats();

 private:
  struct Impl;
  explicit Ledger(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace acledger::store
