// SPDX-License-Identifier: MIT
#pragma once

#include <deque>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "scanner/descriptor_table.h"
#include "scanner/folder_tree.h"
#include "scanner/plan_order.h"
#include "scanner/policy.h"
#include "scanner/scan.h"

namespace acledger::scanner {

// Decides, from a complete index, which objects of a grant get which entry, and turns that into intents.
//
// Survey() looks from the leaves up: which subtrees need anything, and below which folders an excluded name lies or
// could come to lie. Next() then decides from the root down, so that a folder is written before what is in it, and what
// is preferred before the rest. The rules are those of "How a grant becomes entries" in ARCHITECTURE.md. No volume is
// touched. The ledger's thread only; Next() and Settle...() must run inside a ledger transaction.
class Planner {
 public:
  // All must outlive the Planner.
  Planner(store::Ledger& ledger, const store::Grant& grant, const Policy& policy, const PathComponents& root,
          DescriptorTable& descriptors, const FolderTree& tree, const LiveEntries& live);

  Expected<void> Survey();

  // What the plan of a part rests on. The tree holds the opened folders, the way to them from the root, and the folders
  // that lie directly in them.
  struct Part {
    std::unordered_set<store::FolderId> opened;                 // Their entries are looked at.
    std::unordered_map<store::FolderId, store::Folder> stored;  // How the last complete plan left a folder.
  };
  // Instead of Survey(); `part` must outlive the Planner. Then Next() plans what is in the opened folders.
  Expected<void> SurveyPart(const Part& part);
  // Right after SurveyPart(): folders to be opened too, because what is below them means something else to them now.
  std::vector<store::FolderId> ToOpen() const;
  // What was left closed is concerned too, so that the grant has to be scanned and planned as a whole.
  bool NeedsWhole() const { return needs_whole_; }

  // Appends up to `limit` intents; none: the plan is done. Verdicts that change on the way are recorded.
  Expected<void> Next(std::size_t limit, std::vector<store::Change>& intents);

  // Plans the way to this path, and what is below it, before everything else. From the volume's root; any path.
  void Prefer(const PathComponents& path);

  // What became of an intent: verdict of its object (all names of it), roll-ups.
  Expected<void> Applied(const store::Change& change);
  Expected<void> Settled(const store::Change& change, store::Verdict verdict, store::Reason reason,
                         store::DescriptorId descriptor);
  // The object had changed: decide again with what it holds now. False after three times: Settled() as failed instead.
  Expected<bool> Retry(const store::Change& change, store::DescriptorId current);
  // The same where the folder that it was to inherit from was not written: that one is decided first.
  Expected<bool> RetryAfterSource(const store::Change& change);

  // Writes the roll-ups that changed since the last call.
  Expected<void> StoreCounts();
  const store::Counts& Total() const { return folders_.front().counts; }

  // Left-out objects that hold an entry of ours: they were created where it was passed on, or left out later.
  const std::vector<PathComponents>& Strays() const { return strays_; }
  // Right after Survey(): objects with a live change that the index does not hold: gone, moved out of the grant, or
  // moved into something that is left out.
  std::vector<FileId> Displaced() const;

 private:
  // How a folder takes part.
  struct FolderPlan {
    store::Counts counts;           // Roll-up, kept up to date.
    store::DescriptorId after = 0;  // What the folder holds or will hold; the parent for its children's places.
    std::size_t parent = 0;         // Position; a root is its own.
    bool is_protected = false;
    bool cuts = false;     // An entry above it does not reach what is below.
    bool needs = false;    // It, or something below that inheritance could reach, needs an entry.
    bool blocked = false;  // Nothing inheritable here: an exclusion lies below, or could.
    bool no_entry = false;
    bool inherits_ours = false;    // It holds an inheritable entry of ours now.
    bool carries = false;          // It will.
    bool below_protected = false;  // It or an ancestor is protected and refused.
    bool dirty = true;
    std::uint8_t stored_plan = 0;           // PlanBits as the ledger has them.
    bool is_open = true;                    // Its entries are planned.
    const store::Folder* before = nullptr;  // In a part: how the last plan left it.

    std::uint8_t Bits() const;
  };
  struct Standing {                   // One object as it is now.
    store::DescriptorId bare = 0;     // Without our entry.
    const LiveEntry* live = nullptr;  // Our record of it.
    bool inherited_ours = false;      // It carries a copy that it inherited on creation: no record.
    bool holds_ours = false;          // Either of them, and it is there.
    Facts facts;

    std::uint8_t OurFlags(bool is_folder) const;
  };
  struct Decision {
    bool wants_entry = false;
    std::uint8_t flags = 0;
    store::Verdict verdict = store::Verdict::kReadable;
    store::Reason reason = store::Reason::kNone;
  };
  struct Pending {           // An intent under way.
    std::size_t folder = 0;  // Position of the folder that holds the name.
    store::Node node;
    bool is_root = false;
    int tries = 0;
    int waits = 0;
    // Of an intent that takes our entry away: what the object is without it.
    store::Verdict verdict_without = store::Verdict::kUnknown;
    store::Reason reason_without = store::Reason::kNone;
  };

  Expected<Standing> StandingOf(const store::Node& node, const FolderPlan* parent);
  Expected<void> SurveyFolder(std::size_t position);
  Expected<void> SurveyNode(std::size_t position, const store::Node& node);
  Expected<void> SurveyExclusion(std::size_t position, const store::Node& node);
  Expected<void> SurveyRoot();
  void Prepare();
  void Order();
  void TakeBefore(std::size_t position, const Part& part);
  // A folder whose own row is not among those that are looked at.
  Expected<void> SurveySelf(std::size_t position);
  void RollUpPart();
  void NoteBits(FolderPlan& folder);
  static constexpr std::size_t kNoFolder = ~std::size_t{0};
  // The position of the folder that `node` stands for, kNoFolder for a file or a folder that was not entered.
  std::size_t PositionOf(std::size_t parent, const store::Node& node) const;
  void RollUp();
  Decision DecideFolder(const Standing& standing, FolderPlan& folder, const FolderPlan* parent) const;
  Decision DecideFile(const Standing& standing, const store::Node& node, const FolderPlan* parent) const;
  // Common to both: readable, refused by what is not ours to override, or empty: an entry is wanted.
  std::optional<Decision> DecideByFacts(const Facts& facts, bool below_protected, bool is_root) const;

  Expected<void> PlanRoot(std::vector<store::Change>& intents);
  Expected<void> PlanFolder(std::size_t position, std::vector<store::Change>& intents);
  Expected<void> PlanNode(Pending pending, std::vector<store::Change>& intents);
  // Turns a decision into an intent, or into a verdict where nothing is to be written.
  std::optional<store::Change> RefuseToRequester(Pending& pending, const Standing& standing, Decision& decision) const;
  Expected<std::optional<store::Change>> Reconcile(Pending& pending, const Standing& standing, Decision& decision,
                                                   const FolderPlan* parent);
  // The same where no entry is wanted. `own` is null for what is not a folder of the plan.
  Expected<std::optional<store::Change>> ReconcileUnwanted(Pending& pending, const Standing& standing,
                                                           Decision& decision, const FolderPlan* own);
  store::Change MakeChange(const Pending& pending, const Standing& standing, std::uint8_t flags,
                           store::DescriptorId after) const;
  Expected<void> AddFailure(const Pending& pending, const Error& error);
  Expected<bool> RetryWith(const store::Change& change, store::DescriptorId current, int Pending::* counter, int limit);
  // Where a record of ours or an inherited copy is there already: what it amounts to. False: an entry has to be
  // written.
  Expected<bool> HasWhatItNeeds(const store::Node& node, const Standing& standing, Decision& decision);
  Expected<void> SetVerdict(Pending& pending, store::Verdict verdict, store::Reason reason,
                            store::DescriptorId descriptor);
  void Count(std::size_t position, store::Verdict from, store::Verdict to);

  store::Ledger& ledger_;
  const store::Grant& grant_;
  const Policy& policy_;
  const PathComponents& root_;
  DescriptorTable& descriptors_;
  const FolderTree& tree_;
  const LiveEntries& live_;

  store::Node root_node_;
  std::vector<FolderPlan> folders_;                               // By position in the tree.
  std::unordered_map<std::string, std::size_t> child_positions_;  // Key: parent's number, '/', name.
  bool root_planned_ = false;
  bool is_ordered_ = false;
  PlanOrder order_;
  std::size_t folder_ = 0;          // Whose nodes are taken.
  std::vector<store::Node> nodes_;  // Of the folder that Next() is in.
  std::size_t next_node_ = 0;
  std::deque<Pending> retries_;
  std::unordered_map<FileId, std::vector<Pending>> under_way_;  // More than one name: hard links.
  std::unordered_map<FileId, store::Node> settled_links_;       // Files with several names, once one is settled.
  std::vector<PathComponents> strays_;
  std::unordered_set<FileId> met_;  // Objects with a live change that the index holds.
  bool is_part_ = false;
  bool needs_whole_ = false;
};

}  // namespace acledger::scanner
