// SPDX-License-Identifier: MIT
#include "scanner/settle.h"

#include "security/wtf8.h"

namespace acledger::scanner {

using store::Change;
using store::ChangeState;

namespace {

constexpr ChangeState kApplying[] = {ChangeState::kIntent, ChangeState::kApplied};
constexpr ChangeState kReverting[] = {ChangeState::kReverting, ChangeState::kReverted};

class Settler {
 public:
  Settler(Environment& environment, GrantContext& context)
      : environment_(environment),
        context_(context),
        runner_(environment, context.descriptors, context.tree, context.root, context.grant.root_id, nullptr) {}

  Expected<SettleReport> Run() {
    if (Expected<void> settled = RunAll(kApplying, BatchRunner::Direction::kApply); !settled)
      return std::unexpected(settled.error());
    if (Expected<void> settled = RunAll(kReverting, BatchRunner::Direction::kRevert); !settled)
      return std::unexpected(settled.error());
    if (report_.looked_at == 0) return report_;
    if (Expected<void> flushed = runner_.Flush(); !flushed) return std::unexpected(flushed.error());
    return report_;
  }

 private:
  Expected<void> RunAll(std::span<const ChangeState> states, BatchRunner::Direction direction) {
    Expected<std::vector<Change>> changes = environment_.ledger.Changes(context_.grant.id, states);
    if (!changes) return std::unexpected(changes.error());
    if (changes->empty()) return {};
    report_.looked_at += changes->size();
    // Their intents are durable already.
    if (Expected<void> started = runner_.Start(std::move(*changes), direction); !started) return started;
    const std::vector<BatchRunner::Done> done = runner_.Take();
    return environment_.ledger.InTransaction([&]() -> Expected<void> {
      results_.clear();
      for (const BatchRunner::Done& one : done)
        if (Expected<void> settled = SettleOne(one, direction); !settled) return settled;
      return environment_.ledger.RecordResults(results_);
    });
  }

  Expected<void> SettleOne(const BatchRunner::Done& done, BatchRunner::Direction direction) {
    const bool apply = direction == BatchRunner::Direction::kApply;
    switch (done.result.outcome) {
      case WorkOutcome::kDone:
        ++report_.completed;
        [[fallthrough]];
      case WorkOutcome::kAlready:
        return apply ? Applied(done.change) : Reverted(done.change);
      case WorkOutcome::kGone:
        return apply ? Abandoned(done.change) : Reverted(done.change);
      case WorkOutcome::kMovedOn:
        return apply ? MovedOn(done) : RevertMovedOn(done);
      case WorkOutcome::kOtherName:
      case WorkOutcome::kFailed:
        break;
    }
    ++report_.failed;
    return environment_.ledger.AddFailure(
        {context_.grant.id, PathOf(done.change), done.result.right, context_.grant.principal, *done.result.error});
  }

  Expected<void> Applied(const Change& change) {
    results_.push_back({change.id, ChangeState::kApplied});
    // At most one change of a grant is live on an object.
    const Expected<std::vector<Change>> live = environment_.ledger.LiveChangesOf(change.file_id);
    if (!live) return std::unexpected(live.error());
    for (const Change& older : *live)
      if (older.grant == change.grant && older.id < change.id && older.state != ChangeState::kIntent)
        results_.push_back({older.id, ChangeState::kReverted});
    return SetNode(change, store::Verdict::kCovered, change.after);
  }

  Expected<void> Abandoned(const Change& change) {
    ++report_.abandoned;
    results_.push_back({change.id, ChangeState::kAbandoned});
    return {};
  }

  Expected<void> Reverted(const Change& change) {
    results_.push_back({change.id, ChangeState::kReverted});
    return {};
  }

  // Someone edited the object: our entry is in it, or it never came to be.
  Expected<void> MovedOn(const BatchRunner::Done& done) {
    const Change& change = done.change;
    const Expected<store::DescriptorId> current = context_.descriptors.Intern(done.result.current);
    if (!current) return std::unexpected(current.error());
    const Expected<bool> ours = context_.descriptors.Has(*current, change.entry_flags);
    if (!ours) return std::unexpected(ours.error());
    if (!*ours) {
      if (Expected<void> set = SetNode(change, store::Verdict::kPending, *current); !set) return set;
      return Abandoned(change);
    }
    results_.push_back({change.id, ChangeState::kApplied});
    return SetNode(change, store::Verdict::kDrifted, *current);
  }

  // The rollback that was broken off takes it up again, from what the object holds now.
  Expected<void> RevertMovedOn(const BatchRunner::Done& done) {
    const Expected<store::DescriptorId> current = context_.descriptors.Intern(done.result.current);
    if (!current) return std::unexpected(current.error());
    const Expected<bool> ours = context_.descriptors.Has(*current, done.change.entry_flags);
    if (!ours) return std::unexpected(ours.error());
    if (!*ours) return Reverted(done.change);
    results_.push_back({done.change.id, ChangeState::kApplied});
    return {};
  }

  Expected<void> SetNode(const Change& change, store::Verdict verdict, store::DescriptorId descriptor) {
    store::Node node;
    node.name = change.name;
    node.file_id = change.file_id;
    node.is_folder = change.is_folder;
    node.verdict = verdict;
    node.descriptor = descriptor;
    Expected<void> updated;
    if (change.folder > 0 && context_.tree.Contains(change.folder))
      updated = environment_.ledger.UpdateNode(change.folder, node);
    else if (change.folder == 0 && !context_.tree.Entries().empty())
      updated = environment_.ledger.UpdateRoot(context_.tree.Entries().front().id, node);
    // Another object has the name by now: the index learns of it at the next scan.
    if (!updated && updated.error().kind == ErrorKind::kNotFound) return {};
    return updated;
  }

  std::string PathOf(const Change& change) const {
    if (change.folder <= 0 || !context_.tree.Contains(change.folder)) return context_.grant.root;
    PathComponents path = context_.tree.Components(context_.root, change.folder);
    path.push_back(FromWtf8(change.name).value_or(u"?"));
    return FormatPath(path);
  }

  Environment& environment_;
  GrantContext& context_;
  BatchRunner runner_;
  std::vector<store::ChangeResult> results_;
  SettleReport report_;
};

}  // namespace

Expected<SettleReport> Settle(Environment& environment, GrantContext& context) {
  return Settler(environment, context).Run();
}

}  // namespace acledger::scanner
