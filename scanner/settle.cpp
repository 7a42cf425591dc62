// SPDX-License-Identifier: MIT
#include "scanner/settle.h"

#include <algorithm>
#include <utility>

#include "scanner/handover.h"
#include "scanner/lost_change.h"
#include "scanner/opener.h"
#include "scanner/records.h"
#include "scanner/recount.h"
#include "security/edit.h"
#include "security/wtf8.h"

namespace acledger::scanner {

using store::Change;
using store::ChangeState;
using store::GrantState;
using Direction = BatchRunner::Direction;

namespace {

constexpr ChangeState kApplying[] = {ChangeState::kIntent, ChangeState::kApplied};
constexpr ChangeState kReverting[] = {ChangeState::kReverting, ChangeState::kReverted};
// A rollback that was broken off goes on by itself, and writes no entry only to take it out: see Revert.
constexpr ChangeState kAppliedAlone[] = {ChangeState::kApplied};
constexpr ChangeState kReverted[] = {ChangeState::kReverted};

class Settler {
 public:
  Settler(Environment& environment, GrantContext& context) : environment_(environment), context_(context) {}

  Expected<SettleReport> Run() {
    using States = std::span<const ChangeState>;
    const bool rolling_back = context_.grant.state == GrantState::kRollingBack || IsClosed();
    const States applying = rolling_back ? States(kAppliedAlone) : States(kApplying);
    if (Expected<void> settled = RunAll(applying, Direction::kApply); !settled) return std::unexpected(settled.error());
    const States reverting = rolling_back ? States(kReverted) : States(kReverting);
    if (Expected<void> settled = RunAll(reverting, Direction::kRevert); !settled)
      return std::unexpected(settled.error());
    return report_;
  }

 private:
  Expected<void> RunAll(std::span<const ChangeState> states, Direction direction) {
    Expected<std::vector<Change>> changes = environment_.ledger.Changes(context_.grant.id, states);
    if (!changes) return std::unexpected(changes.error());
    if (changes->empty()) return {};
    if (Expected<void> looked = LookForLost(*changes); !looked) return looked;
    report_.looked_at += changes->size();
    // Of several of one object the oldest comes first.
    std::ranges::sort(*changes, {}, &Change::id);
    std::vector<Change> honest, forged, replaced;
    for (Change& change : *changes) {
      const Expected<bool> is_replaced = IsReplaced(change);
      if (!is_replaced) return std::unexpected(is_replaced.error());
      if (*is_replaced) {
        replaced.push_back(std::move(change));
        continue;
      }
      const Expected<bool> is_honest = IsHonest(change, direction);
      if (!is_honest) return std::unexpected(is_honest.error());
      (*is_honest ? honest : forged).push_back(std::move(change));
    }
    // Their intents are durable already.
    BatchRunner runner(environment_, context_.descriptors, context_.tree, context_.root, context_.grant.root_id,
                       direction == Direction::kApply ? &*context_.policy : nullptr,
                       direction == Direction::kApply ? &context_.requester : nullptr);
    if (Expected<void> started = runner.Start(std::move(honest), direction); !started) return started;
    const std::vector<BatchRunner::Done> done = runner.Take();
    return environment_.ledger.InTransaction([&] { return Record(done, forged, replaced, direction); });
  }

  // Of a grant that is wanted: what is found is as it was when the ledger was adopted. What cannot be asked was told.
  Expected<void> LookForLost(std::vector<Change>& changes) {
    return environment_.ledger.InTransaction([&]() -> Expected<void> {
      const Expected<LostChanges> lost = FindLost(environment_, context_, changes);
      if (!lost) return std::unexpected(lost.error());
      results_.clear();
      for (const store::ChangeId id : lost->gone) results_.push_back({id, ChangeState::kUndone});
      for (const Change& change : lost->found)
        if (Expected<void> kept = RecordApplied(environment_.ledger, change, results_); !kept) return kept;
      if (!lost->found.empty())
        if (Expected<void> stale = LookAtAllAgain(); !stale) return stale;
      report_.looked_at += results_.size();
      return environment_.ledger.RecordResults(results_);
    });
  }

  // Rolled back, and not flushed then.
  bool IsClosed() const { return context_.grant.state == GrantState::kRolledBack; }

  // A later change of the same entry stands for the object: what this one says of it is history.
  Expected<bool> IsReplaced(const Change& change) {
    if (change.state == ChangeState::kApplied) return false;
    const Expected<std::vector<Change>> live = environment_.ledger.LiveChangesOf(change.file_id);
    if (!live) return std::unexpected(live.error());
    for (const Change& other : *live) {
      const bool is_applied = other.state == ChangeState::kApplied || other.state == ChangeState::kFinal;
      const bool may_be = other.state == ChangeState::kIntent && change.state != ChangeState::kIntent;
      if (other.id <= change.id || (!is_applied && !may_be)) continue;
      if (other.grant == change.grant) return true;
      if (!IsClosed() || other.entry_flags != change.entry_flags) continue;
      const Expected<bool> same = IsOfSameLayer(other.grant);
      if (!same || *same) return same;
    }
    return false;
  }

  Expected<bool> IsOfSameLayer(store::GrantId id) {
    if (!layer_) {
      const Expected<std::vector<store::Grant>> grants = environment_.ledger.Grants();
      if (!grants) return std::unexpected(grants.error());
      layer_.emplace();
      for (const store::Grant& grant : *grants)
        if (IsSameLayer(grant, context_.grant)) layer_->push_back(grant.id);
    }
    return std::ranges::count(*layer_, id) > 0;
  }

  Expected<void> Record(const std::vector<BatchRunner::Done>& done, std::span<const Change> forged,
                        std::span<const Change> replaced, Direction direction) {
    results_.clear();
    for (const Change& change : replaced)
      results_.push_back(
          {change.id, direction == Direction::kApply ? ChangeState::kAbandoned : ChangeState::kReverted});
    for (const BatchRunner::Done& one : done) {
      const Expected<void> settled = direction == Direction::kApply ? SettleApply(one) : SettleRevert(one);
      if (!settled) return settled;
    }
    for (const Change& change : forged)
      if (Expected<void> refused = Refuse(change); !refused) return refused;
    if (Expected<void> kept = environment_.ledger.RecordResults(results_); !kept) return kept;
    return MakeIndexTrue();
  }

  // A row counts only if it says what this program could have wanted: adding or taking away one entry of the grant, or
  // (taking back) entries of its principal. Whatever else a damaged or forged row holds is never written.
  Expected<bool> IsHonest(const Change& change, Direction direction) {
    if (direction == Direction::kApply) {
      const Expected<store::DescriptorId> before = context_.descriptors.Bare(change.before);
      if (!before) return Missing(before.error());
      const Expected<store::DescriptorId> after = context_.descriptors.Bare(change.after);
      if (!after) return Missing(after.error());
      if (*before == *after) return true;
      // Others' entries came or went since: `after` goes with them.
      const auto from = context_.descriptors.Get(*before);
      if (!from) return Missing(from.error());
      const auto to = context_.descriptors.Get(*after);
      if (!to) return Missing(to.error());
      return context_.descriptors.WithoutOthers(**from) == context_.descriptors.WithoutOthers(**to);
    }
    const auto from = context_.descriptors.Get(change.revert_from);
    if (!from) return Missing(from.error());
    const auto to = context_.descriptors.Get(change.revert_to);
    if (!to) return Missing(to.error());
    const auto bare_from = security::RemoveEntriesOf(**from, context_.grant.principal);
    const auto bare_to = security::RemoveEntriesOf(**to, context_.grant.principal);
    return bare_from && bare_to && bare_from->bytes == bare_to->bytes && bare_to->count <= bare_from->count;
  }

  static Expected<bool> Missing(const Error& error) {
    if (error.kind == ErrorKind::kNotFound || error.kind == ErrorKind::kCorrupt) return false;
    return std::unexpected(error);
  }

  // Stays live, so that the rollback (or Revisit(), of one that is over) looks at the object itself and takes out what
  // is ours.
  Expected<void> Refuse(const Change& change) {
    ++report_.failed;
    const Error error{
        ErrorKind::kCorrupt, "settle", {}, 0, "the ledger's row does not say what a grant could have written"};
    if (!IsClosed())
      results_.push_back({change.id, ChangeState::kApplied});
    else if (Expected<void> left = LeaveToRevisit(change, "WRITE_DAC", error); !left)
      return left;
    return AddFailure(change, "WRITE_DAC", error);
  }

  // Nothing is pending in a grant that is rolled back but its tombstones.
  Expected<void> LeaveToRevisit(const Change& change, const char* right, const Error& error) {
    results_.push_back({change.id, ChangeState::kReverting});
    return Entomb(environment_.ledger, change, PathOf(change), right, error);
  }

  Expected<void> SettleApply(const BatchRunner::Done& done) {
    switch (done.result.outcome) {
      case WorkOutcome::kDone:
        ++report_.completed;
        [[fallthrough]];
      case WorkOutcome::kAlready:
        return Applied(done.change);
      case WorkOutcome::kGone:
        return Gone(done.change);
      case WorkOutcome::kOtherName:
        return MovedOn(done, store::Verdict::kSkipped, store::Reason::kHardLink);
      case WorkOutcome::kRefused:
        return Abandoned(done.change, store::Verdict::kDenied, store::Reason::kNotRequesters);
      case WorkOutcome::kNoSource:
      case WorkOutcome::kMoved:
      case WorkOutcome::kMovedOn:
        return MovedOn(done, store::Verdict::kPending);
      case WorkOutcome::kFailed:
        break;
    }
    return Failed(done);
  }

  Expected<void> SettleRevert(const BatchRunner::Done& done) {
    switch (done.result.outcome) {
      case WorkOutcome::kDone:
        ++report_.completed;
        [[fallthrough]];
      case WorkOutcome::kAlready:
        return RecordReverted(environment_.ledger, done.change, done.change.revert_to, results_);
      case WorkOutcome::kGone:
        if (IsClosed()) return {};  // It was read back then; nobody waits for it.
        results_.push_back({done.change.id, ChangeState::kMissing});
        return Entomb(environment_.ledger, done.change, PathOf(done.change), done.result.right, *done.result.error);
      case WorkOutcome::kMovedOn:
        return RevertMovedOn(done);
      case WorkOutcome::kNoSource:
      case WorkOutcome::kRefused:
      case WorkOutcome::kMoved:
      case WorkOutcome::kOtherName:
      case WorkOutcome::kFailed:
        break;
    }
    return Failed(done);
  }

  // It may have been written before it went, and the object may return: the record stays until the rollback.
  Expected<void> Gone(const Change& change) {
    if (change.Adds()) return RecordApplied(environment_.ledger, change, results_);
    return Abandoned(change);
  }

  // What was taken back, and could not be asked whether it still is, must not become final with what was asked. What
  // was written has its record and is ours, whatever became of it: only what the index says of it is not known.
  Expected<void> Failed(const BatchRunner::Done& done) {
    ++report_.failed;
    const Error& error = *done.result.error;
    if (IsClosed()) {
      if (Expected<void> left = LeaveToRevisit(done.change, done.result.right, error); !left) return left;
    } else if (done.change.state == ChangeState::kReverted) {
      results_.push_back({done.change.id, ChangeState::kReverting});
    } else if (done.change.state == ChangeState::kApplied) {
      const Expected<void> unknown =
          SetNode(done.change, store::Verdict::kUnknown, store::Reason::kNone, done.change.after);
      if (!unknown) return unknown;
      if (Expected<void> stale = LookAtAllAgain(); !stale) return stale;
    }
    return AddFailure(done.change, done.result.right, error);
  }

  Expected<void> AddFailure(const Change& change, const char* right, const Error& error) {
    return environment_.ledger.AddFailure({context_.grant.id, PathOf(change), right, context_.grant.principal, error});
  }

  Expected<void> Applied(const Change& change) {
    if (Expected<void> kept = RecordApplied(environment_.ledger, change, results_); !kept) return kept;
    return SetNode(change, change.Adds() ? store::Verdict::kCovered : store::Verdict::kPending, store::Reason::kNone,
                   change.after);
  }

  Expected<void> Abandoned(const Change& change) {
    ++report_.abandoned;
    results_.push_back({change.id, ChangeState::kAbandoned});
    return {};
  }

  Expected<void> Abandoned(const Change& change, store::Verdict verdict, store::Reason reason = store::Reason::kNone) {
    if (Expected<void> abandoned = Abandoned(change); !abandoned) return abandoned;
    return SetNode(change, verdict, reason, change.before);
  }

  // Someone edited the object, or it is none that we may write any more: our entry is in it, or it never came to be.
  Expected<void> MovedOn(const BatchRunner::Done& done, store::Verdict without,
                         store::Reason reason = store::Reason::kNone) {
    const Change& change = done.change;
    const Expected<store::DescriptorId> current = context_.descriptors.Intern(done.result.current);
    if (!current) return std::unexpected(current.error());
    const Expected<bool> ours = context_.descriptors.Has(*current, change.entry_flags);
    if (!ours) return std::unexpected(ours.error());
    if (!change.Adds() || !*ours) {
      if (Expected<void> abandoned = Abandoned(change); !abandoned) return abandoned;
      return SetNode(change, without, reason, *current);
    }
    if (Expected<void> kept = RecordApplied(environment_.ledger, change, results_); !kept) return kept;
    return SetNode(change, store::Verdict::kDrifted, store::Reason::kEdited, *current);
  }

  // The rollback that was broken off takes it up again, from what the object holds now.
  Expected<void> RevertMovedOn(const BatchRunner::Done& done) {
    const Expected<store::DescriptorId> current = context_.descriptors.Intern(done.result.current);
    if (!current) return std::unexpected(current.error());
    const Expected<bool> ours = context_.descriptors.Has(*current, done.change.entry_flags);
    if (!ours) return std::unexpected(ours.error());
    if (!*ours) return RecordReverted(environment_.ledger, done.change, *current, results_);
    // Ours by this record.
    const Error came_back{ErrorKind::kMismatch, "settle", {}, 0, "the entry came back after the rollback"};
    if (IsClosed()) return LeaveToRevisit(done.change, "WRITE_DAC", came_back);
    results_.push_back({done.change.id, ChangeState::kApplied});
    return {};
  }

  // The row of the change's object; empty where another object has the name by now: the next scan tells.
  Expected<std::optional<store::Node>> RowOf(const Change& change) {
    const std::vector<FolderTree::Entry>& entries = context_.tree.Entries();
    if (change.folder == 0 && !entries.empty()) {
      const Expected<std::vector<store::Folder>> folders = environment_.ledger.Folders(context_.grant.id);
      if (!folders) return std::unexpected(folders.error());
      if (folders->empty() || folders->front().self.file_id != change.file_id) return std::nullopt;
      return folders->front().self;
    }
    if (!context_.tree.Contains(change.folder)) return std::nullopt;
    if (std::exchange(rows_of_, change.folder) != change.folder)
      if (Expected<void> loaded = environment_.ledger.Nodes(change.folder, rows_); !loaded)
        return std::unexpected(loaded.error());
    const auto row = std::ranges::find_if(rows_, [&change](const store::Node& node) {
      return node.name == change.name && node.file_id == change.file_id;
    });
    return row == rows_.end() ? std::nullopt : std::optional(*row);
  }

  Expected<void> SetNode(const Change& change, store::Verdict verdict, store::Reason reason,
                         store::DescriptorId descriptor) {
    Expected<std::optional<store::Node>> row = RowOf(change);
    if (!row) return std::unexpected(row.error());
    if (!*row) return {};
    index_changed_ = true;
    store::Node& node = **row;
    node.verdict = verdict;
    node.reason = reason;
    node.descriptor = descriptor;
    if (verdict == store::Verdict::kPending && context_.grant.state == GrantState::kComplete)
      if (Expected<void> stale = LookAtAllAgain(); !stale) return stale;
    return change.folder == 0 ? environment_.ledger.UpdateRoot(context_.tree.Entries().front().id, node)
                              : environment_.ledger.UpdateNode(change.folder, node);
  }

  Expected<void> LookAtAllAgain() {
    if (std::exchange(context_.grant.is_stale, true)) return {};
    return environment_.ledger.SetStale(context_.grant.id, true);
  }

  // The roll-ups follow the rows; what is not settled for good is planned again.
  Expected<void> MakeIndexTrue() {
    if (!std::exchange(index_changed_, false)) return {};
    const auto counts = Recount(environment_.ledger, context_.tree, context_.grant);
    return counts ? Expected<void>{} : std::unexpected(counts.error());
  }

  std::string PathOf(const Change& change) const {
    if (change.folder == 0) return context_.grant.root;
    if (context_.tree.Contains(change.folder)) {
      PathComponents path = context_.tree.Components(context_.root, change.folder);
      path.push_back(FromWtf8(change.name).value_or(u"?"));
      return FormatPath(path);
    }
    // A grant that is over has no index. No two objects may get one path: it is what a user gives them up by.
    const Expected<std::optional<PathComponents>> now = PathById(environment_.volume, change.file_id);
    if (now && *now) return FormatPath(**now);
    return context_.grant.root + "\\? " + change.file_id.ToString() + "\\" + change.name;
  }

  Environment& environment_;
  GrantContext& context_;
  std::optional<std::vector<store::GrantId>> layer_;  // Live grants of the same principal and mask, once asked for.
  std::vector<store::ChangeResult> results_;
  store::FolderId rows_of_ = 0;
  std::vector<store::Node> rows_;
  bool index_changed_ = false;
  SettleReport report_;
};

}  // namespace

Expected<SettleReport> Settle(Environment& environment, GrantContext& context) {
  return Settler(environment, context).Run();
}

}  // namespace acledger::scanner
