// SPDX-License-Identifier: MIT
#include "scanner/planner.h"

#include <algorithm>
#include <utility>

#include "scanner/unlisted.h"
#include "security/wtf8.h"

namespace acledger::scanner {

using security::kContainerInherit;
using security::kInherited;
using security::kObjectInherit;
using store::Change;
using store::DescriptorId;
using store::Node;
using store::Reason;
using store::Verdict;

namespace {

constexpr std::uint8_t kInheritable = kObjectInherit | kContainerInherit;
constexpr std::uint8_t kInheritedFolder = kInherited | kInheritable;
constexpr int kTries = 3;
constexpr int kWaits = 12;  // Its source may be tried three times itself, and so may that one's.

std::string ChildKey(store::FolderId parent, const std::string& name) { return std::to_string(parent) + '/' + name; }

// The scan settled these; there is nothing to plan.
bool IsLeftOut(const Node& node) {
  return node.descriptor == 0 || IsExclusion(node) ||
         (node.verdict == Verdict::kSkipped &&
          (node.reason == Reason::kReparsePoint || node.reason == Reason::kRecall));
}

// A folder that was not entered since the grant's requester may not list it: the scan settled that too.
bool IsHidden(const Node& node) {
  return node.is_folder && node.verdict == Verdict::kDenied && node.reason == Reason::kNotRequesters;
}

}  // namespace

Planner::Planner(store::Ledger& ledger, const store::Grant& grant, const Policy& policy, const PathComponents& root,
                 DescriptorTable& descriptors, const FolderTree& tree, const LiveEntries& live)
    : ledger_(ledger),
      grant_(grant),
      policy_(policy),
      root_(root),
      descriptors_(descriptors),
      tree_(tree),
      live_(live) {}

std::size_t Planner::PositionOf(std::size_t parent, const Node& node) const {
  if (!node.is_folder) return kNoFolder;
  const auto found = child_positions_.find(ChildKey(tree_.Entries()[parent].id, node.name));
  return found == child_positions_.end() ? kNoFolder : found->second;
}

// --- Survey

std::uint8_t Planner::FolderPlan::Bits() const {
  return static_cast<std::uint8_t>(store::kPlanned | (needs ? store::kPlanNeeds : 0) |
                                   (blocked ? store::kPlanBlocked : 0) | (carries ? store::kPlanCarries : 0) |
                                   (below_protected ? store::kPlanBelowRefused : 0));
}

void Planner::Prepare() {
  const std::vector<FolderTree::Entry>& entries = tree_.Entries();
  folders_.assign(entries.size(), {});
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].parent != 0) {
      child_positions_.emplace(ChildKey(entries[i].parent, entries[i].name), i);
      folders_[i].parent = tree_.Position(entries[i].parent);
    }
    const FolderRules rules = policy_.RulesFor(tree_.Components(root_, entries[i].id));
    folders_[i].blocked = rules.no_inheritable_entry;
    folders_[i].no_entry = rules.no_entry;
  }
}

Expected<void> Planner::Survey() {
  Prepare();
  if (Expected<void> surveyed = SurveyRoot(); !surveyed) return surveyed;
  for (std::size_t i = 0; i < folders_.size(); ++i)
    if (Expected<void> surveyed = SurveyFolder(i); !surveyed) return surveyed;
  RollUp();
  return {};
}

void Planner::RollUp() {
  for (std::size_t i = folders_.size(); i-- > 1;) {
    const FolderPlan& folder = folders_[i];
    FolderPlan& parent = folders_[folder.parent];
    parent.counts += folder.counts;
    parent.needs |= folder.needs && !folder.cuts;
    // Inheritance that someone propagates again stops at nothing but a protected DACL.
    parent.blocked |= folder.blocked && !folder.is_protected;
  }
}

Expected<void> Planner::SurveyRoot() {
  const Expected<std::optional<store::Folder>> indexed = ledger_.Root(grant_.id);
  if (!indexed) return std::unexpected(indexed.error());
  if (!*indexed) return Fail(ErrorKind::kCorrupt, "plan", "the index of this grant has no root");
  root_node_ = (*indexed)->self;
  met_.insert(root_node_.file_id);
  FolderPlan& root = folders_.front();
  ++root.counts[root_node_.verdict];
  root.after = root_node_.descriptor;
  if (IsLeftOut(root_node_)) return {};
  const Expected<Standing> standing = StandingOf(root_node_, nullptr);
  if (!standing) return std::unexpected(standing.error());
  root.needs = !DecideByFacts(standing->facts, false, true);
  root.is_protected = standing->facts.is_protected;
  root.inherits_ours = standing->holds_ours && (standing->OurFlags(true) & kInheritable) == kInheritable;
  return {};
}

Expected<void> Planner::SurveyFolder(std::size_t position) {
  if (position == 0 && !root_node_.is_folder) return {};
  if (Expected<void> loaded = ledger_.Nodes(tree_.Entries()[position].id, nodes_); !loaded) return loaded;
  for (const Node& node : nodes_)
    if (Expected<void> surveyed = SurveyNode(position, node); !surveyed) return surveyed;
  return {};
}

Expected<void> Planner::SurveyNode(std::size_t position, const Node& node) {
  FolderPlan& parent = folders_[position];
  if (live_.contains(node.file_id)) met_.insert(node.file_id);
  const std::size_t own = PositionOf(position, node);
  FolderPlan& counted = own == kNoFolder ? parent : folders_[own];
  if (counted.is_open) ++counted.counts[node.verdict];  // Else its roll-up counts it already.
  if (IsExclusion(node)) return SurveyExclusion(position, node);
  if (IsLeftOut(node) || (own == kNoFolder && IsHidden(node))) return {};
  const Expected<Standing> standing = StandingOf(node, &parent);
  if (!standing) return std::unexpected(standing.error());
  const Facts& facts = standing->facts;
  const bool needs = !DecideByFacts(facts, false, false);
  const bool cuts = facts.is_protected || facts.null_dacl || facts.denied || !facts.valid;
  if (own == kNoFolder) {
    parent.needs |= needs && !cuts;
    return {};
  }
  FolderPlan& folder = folders_[own];
  folder.is_protected = facts.is_protected;
  folder.cuts = cuts;
  folder.needs = needs || (!folder.is_open && folder.needs);
  folder.after = node.descriptor;
  folder.inherits_ours = standing->holds_ours && (standing->OurFlags(true) & kInheritable) == kInheritable;
  return {};
}

std::vector<FileId> Planner::Displaced() const {
  std::vector<FileId> displaced;
  for (const auto& [id, live] : live_)
    if (!live.met && !met_.contains(id)) displaced.push_back(id);
  return displaced;
}

Expected<void> Planner::SurveyExclusion(std::size_t position, const Node& node) {
  FolderPlan& parent = folders_[position];
  parent.blocked = true;
  if (node.descriptor == 0 || parent.after == 0) return {};  // Nobody knows what it, or the folder, holds now.
  Expected<bool> stray = false;
  if (const auto live = live_.find(node.file_id); live != live_.end())
    stray = descriptors_.Has(node.descriptor, live->second.flags);
  const std::uint8_t inherited = node.is_folder ? kInheritedFolder : kInherited;
  if (stray && !*stray) stray = descriptors_.Has(node.descriptor, inherited);
  if (!stray) return std::unexpected(stray.error());
  if (!*stray) return {};
  // What the folder above passes on is someone else's, unless it is ours.
  const Expected<bool> passed_on = descriptors_.Passes(parent.after);
  if (!passed_on) return std::unexpected(passed_on.error());
  if (*passed_on && !parent.inherits_ours && !live_.contains(node.file_id)) return {};
  strays_.push_back(tree_.Components(root_, tree_.Entries()[position].id));
  strays_.back().push_back(FromWtf8(node.name).value_or(u""));
  return {};
}

std::uint8_t Planner::Standing::OurFlags(bool is_folder) const {
  if (live) return live->flags;
  return is_folder ? kInheritedFolder : kInherited;
}

Expected<Planner::Standing> Planner::StandingOf(const Node& node, const FolderPlan* parent) {
  Standing standing;
  standing.bare = node.descriptor;
  if (const auto live = live_.find(node.file_id); live != live_.end()) {
    standing.live = &live->second;
    const Expected<DescriptorId> bare = descriptors_.Without(node.descriptor, live->second.flags);
    if (!bare) return std::unexpected(bare.error());
    standing.bare = *bare;
  } else if (parent && parent->inherits_ours && node.verdict != Verdict::kReadable) {
    // What was readable before it could inherit from us holds someone else's entry, however alike.
    const Expected<DescriptorId> bare = descriptors_.Without(node.descriptor, standing.OurFlags(node.is_folder));
    if (!bare) return std::unexpected(bare.error());
    standing.inherited_ours = *bare != node.descriptor;
    standing.bare = *bare;
  }
  standing.holds_ours = standing.bare != node.descriptor;
  const Expected<Facts> facts = descriptors_.FactsOf(standing.bare);
  if (!facts) return std::unexpected(facts.error());
  standing.facts = *facts;
  return standing;
}

// --- Decisions

std::optional<Planner::Decision> Planner::DecideByFacts(const Facts& facts, bool below_protected, bool is_root) const {
  const auto verdict = [](Verdict what, Reason why) { return Decision{false, 0, what, why}; };
  if (!facts.valid) return verdict(Verdict::kDenied, Reason::kNoDescriptor);
  if (facts.readable) return verdict(Verdict::kReadable, Reason::kNone);
  if (below_protected) return verdict(Verdict::kDenied, Reason::kBelowProtected);
  if (facts.denied) return verdict(Verdict::kDenied, Reason::kDenyEntry);
  if (facts.blocked_by_label) return verdict(Verdict::kDenied, Reason::kLabel);
  // The root was named by the user: that it is protected does not speak against it.
  const bool report = grant_.protected_policy == store::ProtectedPolicy::kReport && !is_root;
  if (report && facts.empty_dacl) return verdict(Verdict::kDenied, Reason::kEmptyDacl);
  if (report && facts.is_protected) return verdict(Verdict::kDenied, Reason::kProtected);
  return std::nullopt;
}

Planner::Decision Planner::DecideFolder(const Standing& standing, FolderPlan& folder, const FolderPlan* parent) const {
  const Facts& facts = standing.facts;
  const bool parent_refused = parent && parent->below_protected;
  const std::optional<Decision> settled = DecideByFacts(facts, parent_refused, parent == nullptr);
  folder.below_protected =
      parent_refused || (settled && (settled->reason == Reason::kProtected || settled->reason == Reason::kEmptyDacl));
  const bool can_carry = facts.valid && !facts.null_dacl && !facts.denied && !facts.blocked_by_label &&
                         !folder.blocked && !folder.no_entry && !folder.below_protected;
  folder.carries = can_carry && folder.needs && !facts.is_protected && parent && parent->carries;
  if (folder.carries) return {true, kInheritedFolder, Verdict::kPending, Reason::kNone};
  if (settled) return *settled;
  if (folder.no_entry) return {false, 0, Verdict::kSkipped, Reason::kExpanded};
  folder.carries = can_carry;
  return {true, can_carry ? kInheritable : std::uint8_t{0}, Verdict::kPending, Reason::kNone};
}

Planner::Decision Planner::DecideFile(const Standing& standing, const Node& node, const FolderPlan* parent) const {
  const bool below_protected = parent && parent->below_protected;
  if (const auto settled = DecideByFacts(standing.facts, below_protected, parent == nullptr)) return *settled;
  // One descriptor serves all names of a file with hard links: it does not follow any one of its folders.
  const bool inherits = parent && parent->carries && !standing.facts.is_protected && !node.has_links;
  return {true, inherits ? kInherited : std::uint8_t{0}, Verdict::kPending, Reason::kNone};
}

// --- Intents

Expected<bool> Planner::HasWhatItNeeds(const Node& node, const Standing& standing, Decision& decision) {
  if (!standing.live) {
    if (!standing.inherited_ours || decision.flags != standing.OurFlags(node.is_folder)) return false;
    decision.verdict = Verdict::kCovered;
    decision.reason = Reason::kInheritedOurs;
    return true;
  }
  if (node.has_links) decision.flags = standing.live->flags;
  if (decision.flags != standing.live->flags) return false;
  if (node.descriptor == standing.live->after) {
    decision.verdict = Verdict::kCovered;
    return true;
  }
  const Expected<bool> has = descriptors_.Has(node.descriptor, decision.flags);
  if (!has) return std::unexpected(has.error());
  if (!*has) return false;
  const Expected<bool> grants = descriptors_.Grants(node.descriptor);
  if (!grants) return std::unexpected(grants.error());
  decision.verdict = *grants ? Verdict::kDrifted : Verdict::kDenied;
  decision.reason = *grants ? Reason::kEdited : Reason::kDenyEntry;
  return true;
}

Change Planner::MakeChange(const Pending& pending, const Standing& standing, std::uint8_t flags,
                           DescriptorId after) const {
  Change change;
  change.grant = grant_.id;
  change.folder = pending.is_root ? 0 : tree_.Entries()[pending.folder].id;
  change.name = pending.node.name;
  change.file_id = pending.node.file_id;
  change.is_folder = pending.node.is_folder;
  change.entry_flags = flags;
  change.original = standing.bare;
  change.before = pending.node.descriptor;
  change.after = after;
  return change;
}

Expected<void> Planner::AddFailure(const Pending& pending, const Error& error) {
  PathComponents path = tree_.Components(root_, tree_.Entries()[pending.folder].id);
  if (!pending.is_root) path.push_back(FromWtf8(pending.node.name).value_or(u"?"));
  return ledger_.AddFailure({grant_.id, FormatPath(path), "WRITE_DAC", grant_.principal, error});
}

// An entry of ours that is no longer needed does no harm and stays until the rollback, unless it could reach what is to
// be left out.
Expected<std::optional<Change>> Planner::ReconcileUnwanted(Pending& pending, const Standing& standing,
                                                           Decision& decision, const FolderPlan* own) {
  const Node& node = pending.node;
  if (!standing.holds_ours) return std::nullopt;
  const std::uint8_t flags = standing.OurFlags(node.is_folder);
  if (own && (own->no_entry || (own->blocked && (flags & kInheritable)))) {
    pending.verdict_without = decision.verdict;
    pending.reason_without = decision.reason;
    decision = {false, 0, Verdict::kPending, Reason::kNone};
    return MakeChange(pending, standing, flags, standing.bare);
  }
  const Expected<bool> grants = descriptors_.Grants(node.descriptor);
  if (!grants) return std::unexpected(grants.error());
  if (!*grants) return std::nullopt;
  if (!standing.live)
    decision = {false, 0, Verdict::kCovered, Reason::kInheritedOurs};
  else if (node.descriptor == standing.live->after)
    decision = {false, 0, Verdict::kCovered, Reason::kNone};
  else
    decision = {false, 0, Verdict::kDrifted, Reason::kEdited};
  return std::nullopt;
}

Expected<std::optional<Change>> Planner::Reconcile(Pending& pending, const Standing& standing, Decision& decision,
                                                   const FolderPlan* parent) {
  const Node& node = pending.node;
  const Expected<bool> has = HasWhatItNeeds(node, standing, decision);
  if (!has) return std::unexpected(has.error());
  if (*has) return std::nullopt;

  const DescriptorId place = (decision.flags & kInherited) && parent ? parent->after : 0;
  const Expected<DescriptorId> after = descriptors_.With(standing.bare, decision.flags, place, node.is_folder);
  if (!after) {
    decision = {false, 0, Verdict::kFailed, Reason::kNoDescriptor};
    if (Expected<void> added = AddFailure(pending, after.error()); !added) return std::unexpected(added.error());
    return std::nullopt;
  }
  const Expected<Facts> facts = descriptors_.FactsOf(*after);
  if (!facts) return std::unexpected(facts.error());
  if (!facts->readable) {
    const Reason why = facts->blocked_by_label ? Reason::kLabel : Reason::kDenyEntry;
    decision = {false, 0, Verdict::kDenied, why};
    return std::nullopt;
  }
  if (*after == node.descriptor) {  // Someone else's entry, equal to ours, is there.
    decision = {false, 0, Verdict::kReadable, Reason::kForeignEntry};
    return std::nullopt;
  }
  const Expected<bool> may_write = descriptors_.IsRequesters(node.descriptor);
  if (!may_write) return std::unexpected(may_write.error());
  if (!*may_write) return RefuseToRequester(pending, standing, decision);
  decision.verdict = Verdict::kPending;
  return MakeChange(pending, standing, decision.flags, *after);
}

Expected<void> Planner::PlanNode(Pending pending, std::vector<Change>& intents) {
  if (IsLeftOut(pending.node)) return {};
  if (const auto link = settled_links_.find(pending.node.file_id); link != settled_links_.end())
    return SetVerdict(pending, link->second.verdict, link->second.reason, link->second.descriptor);
  FolderPlan* parent = pending.is_root ? nullptr : &folders_[pending.folder];
  const std::size_t own = pending.is_root ? 0 : PositionOf(pending.folder, pending.node);
  const bool as_folder = pending.node.is_folder && own != kNoFolder;
  if (!as_folder && IsHidden(pending.node)) return {};
  const Expected<Standing> standing = StandingOf(pending.node, parent);
  if (!standing) return std::unexpected(standing.error());
  Decision decision =
      as_folder ? DecideFolder(*standing, folders_[own], parent) : DecideFile(*standing, pending.node, parent);
  const auto same_file = under_way_.find(pending.node.file_id);
  if (same_file != under_way_.end() && decision.wants_entry) {  // Another name of it is being written.
    if (Expected<void> set = SetVerdict(pending, Verdict::kPending, Reason::kNone, pending.node.descriptor); !set)
      return set;
    same_file->second.push_back(std::move(pending));
    return {};
  }
  Expected<std::optional<Change>> change =
      decision.wants_entry ? Reconcile(pending, *standing, decision, parent)
                           : ReconcileUnwanted(pending, *standing, decision, as_folder ? &folders_[own] : nullptr);
  if (!change) return std::unexpected(change.error());
  if (as_folder) {
    FolderPlan& folder = folders_[own];
    folder.after = *change ? (*change)->after : pending.node.descriptor;
    if (decision.verdict == Verdict::kDenied || decision.verdict == Verdict::kFailed) folder.carries = false;
    NoteBits(folder);
  }
  // Its other names may lie in folders that are closed.
  if (is_part_ && *change && pending.node.has_links) needs_whole_ = true;
  if (Expected<void> set = SetVerdict(pending, decision.verdict, decision.reason, pending.node.descriptor); !set)
    return set;
  if (*change) {
    under_way_[pending.node.file_id].push_back(std::move(pending));
    intents.push_back(std::move(**change));
  }
  return {};
}

Expected<void> Planner::Next(std::size_t limit, std::vector<Change>& intents) {
  if (!root_planned_) {
    root_planned_ = true;
    if (Expected<void> planned = PlanNode({0, root_node_, true}, intents); !planned) return planned;
    nodes_.clear();
  }
  Order();
  for (; !retries_.empty() && intents.size() < limit; retries_.pop_front())
    if (Expected<void> planned = PlanNode(retries_.front(), intents); !planned) return planned;
  while (intents.size() < limit && !needs_whole_) {
    if (next_node_ < nodes_.size()) {
      if (Expected<void> planned = PlanNode({folder_, nodes_[next_node_++]}, intents); !planned) return planned;
      continue;
    }
    const std::optional<std::size_t> next = order_.Next();
    if (!next) break;
    if (!folders_[*next].is_open) continue;
    folder_ = *next;
    if (Expected<void> loaded = ledger_.Nodes(tree_.Entries()[folder_].id, nodes_); !loaded) return loaded;
    next_node_ = 0;
  }
  return {};
}

// --- What became of them

void Planner::Count(std::size_t position, Verdict from, Verdict to) {
  for (;;) {
    FolderPlan& folder = folders_[position];
    --folder.counts[from];
    ++folder.counts[to];
    folder.dirty = true;
    if (position == 0) return;
    position = folder.parent;
  }
}

Expected<void> Planner::SetVerdict(Pending& pending, Verdict verdict, Reason reason, DescriptorId descriptor) {
  Node& node = pending.node;
  if (node.verdict == verdict && node.reason == reason && node.descriptor == descriptor) return {};
  const std::size_t own = pending.is_root ? 0 : PositionOf(pending.folder, node);
  if (node.verdict != verdict) Count(own == kNoFolder ? pending.folder : own, node.verdict, verdict);
  node.verdict = verdict;
  node.reason = reason;
  node.descriptor = descriptor;
  const store::FolderId folder = tree_.Entries()[pending.folder].id;
  return pending.is_root ? ledger_.UpdateRoot(folder, node) : ledger_.UpdateNode(folder, node);
}

Expected<void> Planner::Applied(const Change& change) {
  if (change.Adds()) return Settled(change, Verdict::kCovered, Reason::kNone, change.after);
  const auto found = under_way_.find(change.file_id);
  if (found == under_way_.end()) return {};
  const Pending& pending = found->second.front();
  return Settled(change, pending.verdict_without, pending.reason_without, change.after);
}

Expected<void> Planner::Settled(const Change& change, Verdict verdict, Reason reason, DescriptorId descriptor) {
  const auto found = under_way_.find(change.file_id);
  if (found == under_way_.end()) return {};
  for (Pending& pending : found->second) {
    if (Expected<void> set = SetVerdict(pending, verdict, reason, descriptor); !set) return set;
    if (pending.node.has_links) settled_links_[change.file_id] = pending.node;
    const std::size_t own = pending.is_root ? 0 : PositionOf(pending.folder, pending.node);
    if (!pending.node.is_folder || own == kNoFolder) continue;
    folders_[own].after = descriptor;
    if (descriptor != change.after) folders_[own].carries = false;  // What is below gets entries of its own.
    NoteBits(folders_[own]);
  }
  under_way_.erase(found);
  return {};
}

Expected<bool> Planner::Retry(const Change& change, DescriptorId current) {
  return RetryWith(change, current, &Pending::tries, kTries);
}

Expected<bool> Planner::RetryAfterSource(const Change& change) {
  return RetryWith(change, change.before, &Pending::waits, kWaits);
}

Expected<bool> Planner::RetryWith(const Change& change, DescriptorId current, int Pending::* counter, int limit) {
  const auto found = under_way_.find(change.file_id);
  if (found == under_way_.end() || found->second.front().*counter + 1 >= limit) return false;
  for (Pending& pending : found->second) {
    ++(pending.*counter);
    if (Expected<void> set = SetVerdict(pending, Verdict::kPending, Reason::kNone, current); !set)
      return std::unexpected(set.error());
    retries_.push_back(std::move(pending));
  }
  under_way_.erase(found);
  return true;
}

Expected<void> Planner::StoreCounts() {
  for (std::size_t i = 0; i < folders_.size(); ++i) {
    if (!std::exchange(folders_[i].dirty, false)) continue;
    folders_[i].stored_plan = folders_[i].Bits();
    if (Expected<void> set = ledger_.SetPlan(tree_.Entries()[i].id, folders_[i].counts, folders_[i].stored_plan); !set)
      return set;
  }
  return {};
}

}  // namespace acledger::scanner
