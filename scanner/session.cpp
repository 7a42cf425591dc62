// SPDX-License-Identifier: MIT
#include "scanner/session.h"

#include <algorithm>
#include <utility>

namespace acledger::scanner {

BulkReading::BulkReading(Environment& environment, bool all) : environment_(environment) {
  const IndexUse use = all && environment.index == IndexUse::kAuto ? IndexUse::kAlways : environment.index;
  if (use == IndexUse::kNever) return;
  if (Expected<std::unique_ptr<BulkView>> view = environment.volume.ViewInBulk(use, environment.stop))
    view_ = std::move(*view);
  else if (environment.index == IndexUse::kAlways)
    environment.progress.Note("the volume's tables are not used, its objects are opened one by one: " +
                              view.error().ToString());
}

BulkReading::~BulkReading() {
  if (!view_) return;
  if (const std::optional<Error> error = view_->Report().error)
    environment_.progress.Note("the volume's tables were not used to the end, its objects were opened one by one: " +
                               error->ToString());
}

Expected<std::unique_ptr<GrantContext>> GrantContext::Make(store::Ledger& ledger, const store::Grant& grant) {
  Expected<std::unique_ptr<GrantContext>> context = MakeBare(ledger, grant);
  if (!context) return context;
  if (Expected<void> loaded = (*context)->ReloadTree(ledger); !loaded) return std::unexpected(loaded.error());
  return context;
}

Expected<std::unique_ptr<GrantContext>> GrantContext::MakeBare(store::Ledger& ledger, const store::Grant& grant) {
  std::unique_ptr<GrantContext> context(new GrantContext(ledger, grant));
  Expected<ParsedPath> root = ParsePath(grant.root);
  if (!root) return std::unexpected(root.error());
  context->root = std::move(root->components);
  Expected<Policy> policy = Policy::Of(context->root, grant.rules);
  if (!policy) return std::unexpected(policy.error());
  context->policy.emplace(std::move(*policy));
  // Rolled-back ones too: a row of the index may be from before.
  const Expected<std::vector<store::Grant>> grants = ledger.AllGrants();
  if (!grants) return std::unexpected(grants.error());
  context->descriptors.LeaveOut(*grants);
  // A settle since `grant` was read may have found that its index is not true.
  const auto now = std::ranges::find(*grants, grant.id, &store::Grant::id);
  if (now != grants->end()) context->grant.is_stale = now->is_stale;
  return context;
}

Expected<void> GrantContext::ReloadTree(store::Ledger& ledger) {
  Expected<FolderTree> loaded = FolderTree::Load(ledger, grant);
  if (!loaded) return std::unexpected(loaded.error());
  tree = std::move(*loaded);
  return {};
}

BatchRunner::BatchRunner(Environment& environment, DescriptorTable& descriptors, const FolderTree& tree,
                         const PathComponents& root, FileId root_id, const Policy* policy,
                         const RequesterCheck* requester)
    : environment_(environment),
      descriptors_(descriptors),
      writer_(environment.volume, tree, root, root_id, policy, requester) {}

Expected<void> BatchRunner::Start(std::vector<store::Change> changes, Direction direction) {
  changes_ = std::move(changes);
  work_.clear();
  for (const store::Change& change : changes_) {
    const bool apply = direction == Direction::kApply;
    const auto from = descriptors_.Get(apply ? change.before : change.revert_from);
    if (!from) return std::unexpected(from.error());
    const auto to = descriptors_.Get(apply ? change.after : change.revert_to);
    if (!to) return std::unexpected(to.error());
    work_.push_back({change, *from, *to});
  }
  writer_.Start(work_, environment_.Threads());
  return {};
}

std::vector<BatchRunner::Done> BatchRunner::Take() {
  std::vector<Done> done;
  if (!writer_.Running()) return done;
  std::vector<WorkResult> results = writer_.Wait();
  for (std::size_t i = 0; i < results.size(); ++i) done.push_back({std::move(changes_[i]), std::move(results[i])});
  return done;
}

Expected<void> BatchRunner::Flush() { return FlushAndFinalize(environment_); }

Expected<bool> FlushIfPossible(Volume& volume) {
  const Expected<void> flushed = volume.Flush();
  if (flushed) return true;
  if (flushed.error().kind == ErrorKind::kUnsupported) return false;
  return std::unexpected(flushed.error());
}

Expected<void> FlushAndFinalize(Environment& environment) {
  const Expected<bool> durable = FlushIfPossible(environment.volume);
  if (!durable) return std::unexpected(durable.error());
  if (!*durable) return {};
  return environment.ledger.InTransaction([&environment] { return environment.ledger.FinalizeFlushed(); });
}

}  // namespace acledger::scanner
