// SPDX-License-Identifier: MIT
#include "scanner/sweep.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "scanner/handover.h"
#include "scanner/opener.h"
#include "scanner/records.h"
#include "security/edit.h"
#include "security/wtf8.h"

namespace acledger::scanner {

using security::AceView;
using security::DescriptorBytes;
using security::DescriptorView;
using security::Entry;
using store::Change;
using store::ChangeState;

namespace {

constexpr int kPasses = 3;
constexpr std::size_t kExamples = 20;
constexpr std::uint8_t kInheritable = security::kObjectInherit | security::kContainerInherit;
// A number that no folder of an index has: such a change is found again by its file id.
constexpr store::FolderId kByIdOnly = -1;

// Could have been written by a grant of this principal and mask.
bool HasOurShape(const AceView& ace, const store::Grant& grant) {
  constexpr std::uint8_t used = security::kInherited | kInheritable;
  return ace.Type() == security::AceType::kAccessAllowed && (ace.Flags() & ~used) == 0 && ace.Mask() == grant.mask &&
         ace.TrusteeSid() == grant.principal;
}

}  // namespace

Sweep::Sweep(Environment& environment, GrantContext& context, Mode mode, std::span<GrantContext* const> together)
    : environment_(environment), context_(context), mode_(mode), together_{context.grant.id} {
  for (const GrantContext* other : together) together_.insert(other->grant.id);
}

PathComponents Sweep::PathOf(const Candidate& candidate) const {
  if (candidate.folder == 0) return start_;
  PathComponents path = tree_.Components(start_, candidate.folder);
  path.push_back(candidate.name);
  return path;
}

Expected<void> Sweep::AddFailure(const PathComponents& path, const char* right, const Error& error) {
  const std::string where = FormatPath(path);
  if (!told_.insert(where + '|' + right).second) return {};  // By an earlier pass.
  return environment_.ledger.AddFailure({context_.grant.id, where, right, context_.grant.principal, error});
}

bool Sweep::NamesPrincipal(DescriptorPool::Number number) {
  const auto found = names_principal_.find(number);
  if (found != names_principal_.end()) return found->second;
  const Expected<DescriptorView> view = DescriptorView::Parse(pool_.Get(number));
  const bool names = !view || security::CountTrustee(*view, context_.grant.principal) > 0;  // Nobody can tell.
  names_principal_.emplace(number, names);
  return names;
}

Expected<void> Sweep::FindSiblings() {
  const Expected<std::vector<store::Grant>> grants = environment_.ledger.Grants();
  if (!grants) return std::unexpected(grants.error());
  for (const store::Grant& grant : *grants) {
    if (together_.contains(grant.id) || grant.principal != context_.grant.principal) continue;
    if (!IsSameLayer(grant, context_.grant)) {
      other_masks_.insert(grant.mask);
      continue;
    }
    siblings_.insert(grant.id);
    Expected<ParsedPath> root = ParsePath(grant.root);
    if (!root) return std::unexpected(root.error());
    if (grant.state != store::GrantState::kPartOf) sibling_roots_.push_back(std::move(root->components));
  }
  return {};
}

Expected<void> Sweep::FindDismissed() {
  const ChangeState states[] = {ChangeState::kDismissed};
  const Expected<std::vector<store::Tombstone>> dismissed = environment_.ledger.Tombstones(states);
  if (!dismissed) return std::unexpected(dismissed.error());
  if (dismissed->empty()) return {};
  const Expected<std::vector<store::Grant>> grants = environment_.ledger.AllGrants();
  if (!grants) return std::unexpected(grants.error());
  for (const store::Tombstone& one : *dismissed) {
    const auto grant = std::ranges::find(*grants, one.change.grant, &store::Grant::id);
    if (grant != grants->end() && IsSameLayer(*grant, context_.grant)) dismissed_.insert(one.change.file_id);
  }
  return {};
}

// Never tried again, and never silently: rollback counts it.
bool Sweep::IsOrphan(const AceView& ace, const Candidate& candidate) const {
  return dismissed_.contains(candidate.info.id) && HasOurShape(ace, context_.grant);
}

bool Sweep::IsOtherLayers(const AceView& ace) const {
  constexpr std::uint8_t used = security::kInherited | kInheritable;
  const std::optional<security::AccessMask> mask = ace.Mask();
  return mask && other_masks_.contains(*mask) && ace.Type() == security::AceType::kAccessAllowed &&
         (ace.Flags() & ~used) == 0 && ace.TrusteeSid() == context_.grant.principal;
}

// Another live grant stands for it, by a record or because its root is at or above it; `own` receives the record of the
// grants that go, if there is one.
Expected<bool> Sweep::IsJustified(const Candidate& candidate, std::optional<Change>& own) {
  const Expected<std::vector<Change>> live = environment_.ledger.LiveChangesOf(candidate.info.id);
  if (!live) return std::unexpected(live.error());
  bool justified = false;
  for (const Change& change : *live) {
    if (!together_.contains(change.grant))
      justified = justified || siblings_.contains(change.grant);
    else if (change.state != ChangeState::kIntent)  // That one proves nothing.
      own = change;
  }
  if (justified || sibling_roots_.empty()) return justified;
  const PathComponents path = PathOf(candidate);
  return std::ranges::any_of(sibling_roots_, [&path](const PathComponents& root) { return IsAtOrBelow(path, root); });
}

// The index of a grant that goes holds the entry that was there when it was made: explicit, or inherited by what was
// readable.
Expected<bool> Sweep::WasThereBefore(const Candidate& candidate, const Entry& entry) {
  std::vector<std::string> names;
  for (const std::u16string& component : PathOf(candidate)) names.push_back(ToWtf8(component));
  const auto found = environment_.ledger.Find(names);
  if (!found) return std::unexpected(found.error());
  for (const store::Ledger::Found& one : *found) {
    if (!together_.contains(one.grant.id) || one.node.file_id != candidate.info.id || one.node.descriptor == 0)
      continue;
    if ((entry.flags & security::kInherited) && one.node.verdict != store::Verdict::kReadable) continue;
    return context_.descriptors.Has(one.node.descriptor, entry.flags);
  }
  return false;
}

Expected<bool> Sweep::IsOurs(const AceView& ace, const Candidate& candidate, const Standing& standing) {
  if (ace.Type() != security::AceType::kAccessAllowed || ace.TrusteeSid() != context_.grant.principal) return false;
  const bool recorded = standing.own && ace.Flags() == standing.own->entry_flags && HasOurShape(ace, context_.grant);
  if (mode_ == Mode::kExcluded) return recorded || (ace.IsInherited() && HasOurShape(ace, context_.grant));
  if (context_.grant.principal_is_ours) return true;
  if (!ace.IsInherited() || !HasOurShape(ace, context_.grant) || still_passing_on_.contains(candidate.parent))
    return false;
  const Expected<bool> before = WasThereBefore(candidate, {context_.grant.principal, context_.grant.mask, ace.Flags()});
  if (!before) return std::unexpected(before.error());
  return !*before;
}

void Sweep::Remains(const Candidate& candidate) {
  ++report_.remaining;
  if (report_.examples.size() < kExamples) report_.examples.push_back(FormatPath(PathOf(candidate)));
}

Expected<void> Sweep::LookAtAce(const AceView& ace, const Candidate& candidate, Standing& standing) {
  if (IsOtherLayers(ace)) return {};
  if (!standing.justified && !standing.own && IsOrphan(ace, candidate)) {
    ++report_.orphans;
    return {};
  }
  const Expected<bool> ours = IsOurs(ace, candidate, standing);
  if (!ours) return std::unexpected(ours.error());
  if (*ours && !standing.justified) {
    Expected<security::Removed> removed =
        security::RemoveEntry(standing.stripped, {context_.grant.principal, *ace.Mask(), ace.Flags()});
    if (!removed || removed->outcome == security::RemoveOutcome::kAbsent)
      Remains(candidate);  // A descriptor that cannot be edited, or an ACE of an odd length.
    else
      standing.stripped = std::move(removed->bytes);
    return {};
  }
  if (ace.TrusteeSid() != context_.grant.principal) return {};
  if (ace.Flags() & kInheritable) still_passing_on_.insert(candidate.info.id);
  if (standing.justified || standing.own || mode_ == Mode::kExcluded || ace.IsInherited() ||
      !HasOurShape(ace, context_.grant))
    return {};
  const Expected<bool> before = WasThereBefore(candidate, {context_.grant.principal, context_.grant.mask, ace.Flags()});
  if (!before) return std::unexpected(before.error());
  if (!*before) Remains(candidate);
  return {};
}

Expected<void> Sweep::LookAt(const Candidate& candidate, std::vector<Change>& strips) {
  if (!NamesPrincipal(candidate.descriptor)) return {};
  Standing standing;
  const Expected<bool> justified = IsJustified(candidate, standing.own);
  if (!justified) return std::unexpected(justified.error());
  standing.justified = *justified;
  const DescriptorBytes& current = pool_.Get(candidate.descriptor);
  standing.stripped = current;
  const Expected<DescriptorView> view = DescriptorView::Parse(current);
  if (!view) {
    ++report_.unreadable;
    return AddFailure(PathOf(candidate), "READ_CONTROL", view.error());
  }
  for (const AceView ace : *view->Dacl())
    if (Expected<void> looked = LookAtAce(ace, candidate, standing); !looked) return looked;
  return standing.stripped == current ? Expected<void>{} : AddStrip(candidate, std::move(standing), strips);
}

Expected<void> Sweep::AddStrip(const Candidate& candidate, Standing standing, std::vector<Change>& strips) {
  const Expected<store::DescriptorId> from = context_.descriptors.Intern(pool_.Get(candidate.descriptor));
  if (!from) return std::unexpected(from.error());
  const Expected<store::DescriptorId> to = context_.descriptors.Intern(standing.stripped);
  if (!to) return std::unexpected(to.error());
  Change change = standing.own.value_or(Change{});
  if (!standing.own) change.grant = context_.grant.id;
  change.folder = candidate.folder;
  change.name = ToWtf8(candidate.name);
  change.file_id = candidate.info.id;
  change.is_folder = candidate.info.IsFolder();
  if (!standing.own) {
    change.original = change.before = *to;
    change.after = *from;
    change.entry_flags = change.is_folder ? security::kInherited | kInheritable : security::kInherited;
  }
  change.revert_from = *from;
  change.revert_to = *to;
  strips.push_back(std::move(change));
  return {};
}

Expected<void> Sweep::LookAtFolder(ScannedFolder& scanned, std::vector<Change>& strips) {
  FolderRef& ref = *scanned.ref;
  if (ref.parent) {
    ref.number = ++last_folder_;
    tree_.Add({ref.number, ref.parent->number, ToWtf8(ref.name), ref.id});
  }
  if (scanned.list_error) {
    ++report_.unreadable;
    if (Expected<void> added = AddFailure(ref.Components(start_), "FILE_LIST_DIRECTORY", *scanned.list_error); !added)
      return added;
  }
  for (const ScannedName& name : scanned.names) {
    ++report_.objects;
    Candidate candidate{ref.number, name.name, name.info, ref.id, name.descriptor};
    if (name.error) {
      ++report_.unreadable;
      if (Expected<void> added = AddFailure(PathOf(candidate), name.right, *name.error); !added) return added;
    }
    if (name.descriptor == DescriptorPool::kNone) continue;
    if (Expected<void> looked = LookAt(candidate, strips); !looked) return looked;
  }
  return {};
}

Expected<FolderTask> Sweep::OpenStart(const PathComponents& start, Candidate& itself) {
  Expected<std::unique_ptr<Object>> object = OpenPath(environment_.volume, start, Access::kRead);
  if (!object) return std::unexpected(object.error());
  const Expected<ObjectInfo> info = (*object)->Info();
  if (!info) return std::unexpected(info.error());
  DescriptorBytes bytes;
  if (Expected<void> read = (*object)->ReadDescriptor(bytes); !read) return std::unexpected(read.error());
  start_ = start;
  start_id_ = info->id;
  tree_ = {};
  last_folder_ = 1;
  tree_.Add({1, 0, start.empty() ? "" : ToWtf8(start.back()), info->id});
  ++report_.objects;
  itself = {0, {}, *info, {}, pool_.Intern(bytes)};
  if (!info->IsFolder() || info->IsReparsePoint()) return FolderTask{};
  auto ref = std::make_shared<FolderRef>(FolderRef{nullptr, start.empty() ? u"" : start.back(), info->id, 1});
  return FolderTask{std::move(ref), std::move(*object)};
}

Expected<void> Sweep::RecordStrips(std::vector<Change>& batch) {
  for (Change& change : batch) {
    if (change.id != 0) continue;
    Change intent = change;
    intent.folder = kByIdOnly;
    if (Expected<void> kept = environment_.ledger.RecordIntents({&intent, 1}); !kept) return kept;
    change.id = intent.id;
  }
  return environment_.ledger.RecordReverts(batch);
}

Expected<void> Sweep::Stripped(const BatchRunner::Done& done, std::vector<store::ChangeResult>& results) {
  const auto& [change, result] = done;
  const bool had_failed = mode_ == Mode::kRollback && change.state == ChangeState::kReverting;
  const Candidate candidate{change.folder, FromWtf8(change.name).value_or(u"?"), {}, {}, 0};
  switch (result.outcome) {
    case WorkOutcome::kFailed:
      ++report_.failed;
      // What the rollback could not take back it has told already.
      return had_failed ? Expected<void>{} : AddFailure(PathOf(candidate), result.right, *result.error);
    case WorkOutcome::kMovedOn:
      Remains(candidate);  // Unless the next pass finds it otherwise.
      return {};
    case WorkOutcome::kGone:
      results.push_back({change.id, ChangeState::kMissing});
      return Entomb(environment_.ledger, change, FormatPath(PathOf(candidate)), result.right, *result.error);
    default:
      ++passed_;
      if (result.wrote) ++(had_failed ? report_.recovered : report_.stripped);
      return RecordReverted(environment_.ledger, change, change.revert_to, results);
  }
}

Expected<void> Sweep::Strip(std::span<const Change> strips, const PathComponents& start) {
  store::Ledger& ledger = environment_.ledger;
  BatchRunner runner(environment_, context_.descriptors, tree_, start, start_id_, nullptr, nullptr);
  for (; !strips.empty(); strips = strips.subspan(std::min(strips.size(), environment_.batch))) {
    const std::span<const Change> some = strips.first(std::min(strips.size(), environment_.batch));
    std::vector<Change> batch(some.begin(), some.end());
    if (Expected<void> recorded = ledger.InTransaction([&] { return RecordStrips(batch); }); !recorded) return recorded;
    if (Expected<void> started = runner.Start(std::move(batch), BatchRunner::Direction::kRevert); !started)
      return started;
    const std::vector<BatchRunner::Done> done = runner.Take();
    const Expected<void> settled = ledger.InTransaction([&]() -> Expected<void> {
      std::vector<store::ChangeResult> results;
      for (const BatchRunner::Done& one : done)
        if (Expected<void> kept = Stripped(one, results); !kept) return kept;
      return ledger.RecordResults(results);
    });
    if (!settled) return settled;
  }
  return {};
}

// By its own entry the next run finds an excluded place again: it goes when nothing below is left to look at.
void Sweep::StartLast(std::vector<Change>& strips) const {
  const auto is_start = [](const Change& change) { return change.folder == 0; };
  if (report_.unreadable > 0 || report_.stopped || environment_.stop)
    std::erase_if(strips, is_start);
  else
    std::ranges::stable_partition(strips, std::not_fn(is_start));
}

Expected<void> Sweep::WalkFrom(FolderTask first, const Candidate& start, std::vector<Change>& strips) {
  if (Expected<void> looked = LookAt(start, strips); !looked || !first.ref) return looked;
  std::vector<FolderTask> tasks;
  tasks.push_back(std::move(first));
  Walk walk([&] { return FolderReader(environment_.volume, *nothing_excluded_, nullptr, pool_, start_); },
            std::move(tasks), environment_.stop, {environment_.Readers(), 64});
  while (std::optional<ScannedFolder> folder = walk.Next()) {
    if (Expected<void> looked = LookAtFolder(*folder, strips); !looked) return looked;
    ReportProgress();
  }
  report_.stopped = report_.stopped || walk.Stopped();
  return {};
}

void Sweep::ReportProgress() {
  environment_.progress.Report(
      {Phase::kSweeping, FormatPath(start_), report_.objects, 0, report_.stripped, report_.unreadable});
}

// Returns how many entries were taken out.
Expected<std::uint64_t> Sweep::Pass(const PathComponents& start) {
  still_passing_on_.clear();
  report_.objects = report_.unreadable = report_.failed = report_.orphans = report_.remaining = 0;
  report_.examples.clear();
  std::vector<Change> strips;
  Candidate itself;
  Expected<FolderTask> first = OpenStart(start, itself);
  if (!first) {
    if (first.error().kind == ErrorKind::kNotFound && mode_ == Mode::kExcluded) return 0;
    return std::unexpected(first.error());
  }
  const Expected<bool> looked = LookByTables(itself, strips);
  if (!looked) return std::unexpected(looked.error());
  if (!*looked)
    if (Expected<void> walked = WalkFrom(std::move(*first), itself, strips); !walked)
      return std::unexpected(walked.error());
  ReportProgress();
  if (mode_ == Mode::kExcluded) StartLast(strips);
  passed_ = 0;
  if (Expected<void> done = Strip(strips, start); !done) return std::unexpected(done.error());
  return passed_;
}

Expected<SweepReport> Sweep::Run(const PathComponents& start) {
  Policy::Options options;
  options.no_default_exclusions = true;
  Expected<Policy> policy = Policy::Make(start, options);
  if (!policy) return std::unexpected(policy.error());
  nothing_excluded_.emplace(std::move(*policy));
  if (Expected<void> found = FindSiblings(); !found) return std::unexpected(found.error());
  if (Expected<void> found = FindDismissed(); !found) return std::unexpected(found.error());
  for (int pass = 0; pass < kPasses; ++pass) {
    const Expected<std::uint64_t> taken = Pass(start);
    if (!taken) return std::unexpected(taken.error());
    report_.stopped = report_.stopped || environment_.stop;
    if (*taken == 0 || report_.stopped) break;
  }
  report_.remaining += report_.failed;
  return report_;
}

}  // namespace acledger::scanner
