// SPDX-License-Identifier: MIT
#include "scanner/engine.h"

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

#include "scanner/opener.h"
#include "scanner/request_rules.h"
#include "security/wtf8.h"

namespace acledger::scanner {

using store::ChangeState;
using store::Grant;
using store::GrantState;

namespace {

constexpr ChangeState kUnsettled[] = {ChangeState::kIntent, ChangeState::kApplied, ChangeState::kReverting,
                                      ChangeState::kReverted};
constexpr ChangeState kTakenBack[] = {ChangeState::kReverted};

bool IsClosed(const Grant& grant) { return grant.state == GrantState::kRolledBack; }

Expected<PathComponents> ComponentsOf(const std::string& root) {
  Expected<ParsedPath> parsed = ParsePath(root);
  if (!parsed) return std::unexpected(parsed.error());
  return std::move(parsed->components);
}

bool IsUnsettled(const ProvisionReport& report) { return report.unsettled; }
// A rollback takes up by itself what it left; a comparison writes nothing.
bool IsUnsettled(const RollbackReport&) { return false; }
bool IsUnsettled(const VerifyReport&) { return false; }

void AddOnce(std::vector<Grant>& grants, Grant grant) {
  if (std::ranges::count(grants, grant.id, &Grant::id) == 0) grants.push_back(std::move(grant));
}

constexpr char kNoSuchGrant[] = "there is no such grant (acledger status lists root, principal and mask of each)";

Expected<GrantFilter> FilterOf(const GrantsNamed& named) {
  std::optional<PathComponents> wanted;
  if (named.root) {
    Expected<PathComponents> components = ComponentsOf(*named.root);
    if (!components) return std::unexpected(components.error());
    wanted = std::move(*components);
  }
  return [named, wanted = std::move(wanted)](const Grant& grant) {
    if (named.principal && grant.principal != *named.principal) return false;
    if (named.mask && grant.mask != *named.mask) return false;
    const Expected<PathComponents> path = ComponentsOf(grant.root);
    return !wanted || (path && SamePath(*wanted, *path));
  };
}

}  // namespace

Engine::Engine(Environment environment) : environment_(environment) {}

template <class Report>
Expected<Report> Engine::Settled(const std::function<Expected<Report>()>& work) {
  if (unsettled_)
    if (const auto settled = Settle(); !settled) return std::unexpected(settled.error());
  unsettled_ = true;
  Expected<Report> done = work();
  if (done) unsettled_ = IsUnsettled(*done);
  return done;
}

Expected<SettleReport> Engine::Settle() {
  unsettled_ = true;
  SettleReport total;
  const Expected<bool> to_adopt = IsAdoptionPending(environment_.ledger);
  if (!to_adopt) return std::unexpected(to_adopt.error());
  if (*to_adopt) {
    const Expected<AdoptionReport> adopted = Adopt(environment_);
    if (!adopted) return std::unexpected(adopted.error());
    total.adopted = *adopted;
  }
  Expected<std::vector<Grant>> grants = AllGrantsWith(kUnsettled);
  if (!grants) return std::unexpected(grants.error());
  const Expected<std::vector<Grant>> closed =
      std::erase_if(*grants, IsClosed) > 0 ? ClosedWithoutFlush() : std::vector<Grant>{};
  if (!closed) return std::unexpected(closed.error());
  for (const auto* some : {&*closed, &std::as_const(*grants)})
    for (const Grant& grant : *some)
      if (Expected<void> settled = SettleOne(grant, total); !settled) return std::unexpected(settled.error());
  if (total.looked_at > 0)
    if (Expected<void> flushed = FlushAndFinalize(environment_); !flushed) return std::unexpected(flushed.error());
  for (const Grant& grant : *closed)
    if (Expected<void> purged = environment_.ledger.Purge(grant.id); !purged) return std::unexpected(purged.error());
  unsettled_ = false;  // What could not be asked waits for the next failure, or start.
  return total;
}

Expected<void> Engine::SettleOne(const Grant& grant, SettleReport& total) {
  auto context = GrantContext::Make(environment_.ledger, grant);
  if (!context) return std::unexpected(context.error());
  const Expected<SettleReport> settled = scanner::Settle(environment_, **context);
  if (!settled) return std::unexpected(settled.error());
  total.looked_at += settled->looked_at;
  total.completed += settled->completed;
  total.abandoned += settled->abandoned;
  total.failed += settled->failed;
  return {};
}

// One reading of all changes, however many grants there are.
Expected<std::vector<Grant>> Engine::AllGrantsWith(std::span<const ChangeState> states) {
  const Expected<std::vector<store::GrantId>> ids = environment_.ledger.GrantsWith(states);
  if (!ids) return std::unexpected(ids.error());
  if (ids->empty()) return std::vector<Grant>{};
  Expected<std::vector<Grant>> grants = environment_.ledger.AllGrants();
  if (grants) std::erase_if(*grants, [&ids](const Grant& grant) { return std::ranges::count(*ids, grant.id) == 0; });
  return grants;
}

// Rolled back by somebody who may not flush the volume: a power cut may have taken that back since. However often that
// was done to an object, it is asked once.
Expected<std::vector<Grant>> Engine::ClosedWithoutFlush() {
  if (Expected<void> dropped = environment_.ledger.DropRepeatedReverts(); !dropped)
    return std::unexpected(dropped.error());
  Expected<std::vector<Grant>> grants = AllGrantsWith(kTakenBack);
  if (!grants) return grants;
  std::erase_if(*grants, std::not_fn(IsClosed));
  for (const Grant& grant : *grants)
    if (Expected<void> cleared = environment_.ledger.ClearFailures(grant.id); !cleared)
      return std::unexpected(cleared.error());
  return grants;
}

Expected<std::vector<Registration>> Engine::RegisterAll(GrantRequest request, std::vector<std::string>& notes) {
  if (const auto refused = RefusedPrincipal(request.principal))
    return std::unexpected(Error{ErrorKind::kInvalid, "grant to " + request.principal.ToString(), {}, 0, *refused});
  if (const auto refused = RefusedMask(request.mask))
    return std::unexpected(Error{ErrorKind::kInvalid, "grant", {}, 0, *refused});
  if (const auto refused = request.requester ? RefusedToUsers(request) : std::nullopt)
    return std::unexpected(Error{ErrorKind::kDenied, "grant", {}, 0, *refused});
  if (Expected<void> fits = CheckPrincipal(environment_, request); !fits) return std::unexpected(fits.error());
  std::vector<PathComponents> roots;
  for (const std::string& root : request.roots) {
    Expected<PathComponents> components = ComponentsOf(root);
    if (!components) return std::unexpected(components.error());
    roots.push_back(std::move(*components));
  }
  // Outer roots first, so that inner ones are seen to be part of them.
  std::ranges::stable_sort(roots, {}, &PathComponents::size);
  std::vector<Registration> registered;
  for (const PathComponents& root : roots) {
    Expected<Registration> one = RegisterRoot(environment_, request, root, notes);
    if (!one) return std::unexpected(one.error());
    registered.push_back(*std::move(one));
  }
  return registered;
}

Expected<std::vector<Grant>> Engine::Register(const GrantRequest& request, std::vector<std::string>& notes) {
  std::vector<Grant> grants;
  const Expected<void> done = environment_.ledger.InTransaction([&]() -> Expected<void> {
    Expected<std::vector<Registration>> registered = RegisterAll(request, notes);
    if (!registered) return std::unexpected(registered.error());
    for (Registration& one : *registered) AddOnce(grants, std::move(one.worked_on));
    return {};
  });
  if (!done) return std::unexpected(done.error());
  if (Expected<void> settled = SettleReverts(grants); !settled) return std::unexpected(settled.error());
  return grants;
}

Expected<ProvisionReport> Engine::Provision(const std::vector<Grant>& grants) {
  return Settled<ProvisionReport>([&] { return ProvisionEach(grants); });
}

Expected<ProvisionReport> Engine::ProvisionEach(const std::vector<Grant>& grants) {
  ProvisionReport total;
  total.complete = true;
  for (const Grant& grant : grants) {
    if (grant.state == GrantState::kPartOf) continue;
    auto context = GrantContext::Make(environment_.ledger, grant);
    if (!context) return std::unexpected(context.error());
    const Expected<bool> revisited = RevisitFor(**context, total);
    if (!revisited) return std::unexpected(revisited.error());
    if (!*revisited || environment_.stop) {
      total.complete = false;
      break;
    }
    const Expected<ProvisionReport> one = scanner::Provision(environment_, **context).Run();
    if (!one) return std::unexpected(one.error());
    total.changes += one->changes;
    total.failures += one->failures;
    total.unlisted += one->unlisted;
    total.undecided += one->undecided;
    total.stripped += one->stripped;
    total.unsettled = total.unsettled || one->unsettled;
    total.complete = total.complete && one->complete;
  }
  return total;
}

Expected<ProvisionReport> Engine::LookAgain(const Grant& grant, std::span<const PathComponents> changed) {
  return Settled<ProvisionReport>([&] { return LookAgainAt(grant, changed); });
}

Expected<ProvisionReport> Engine::LookAgainAt(const Grant& grant, std::span<const PathComponents> changed) {
  auto context = GrantContext::MakeBare(environment_.ledger, grant);
  if (!context) return std::unexpected(context.error());
  const Expected<ProvisionReport> part = scanner::Provision(environment_, **context).RunPart(changed);
  if (!part || !part->whole) return part;
  Expected<std::vector<Grant>> now = environment_.ledger.Grants();
  if (!now) return std::unexpected(now.error());
  std::erase_if(*now, [&grant](const Grant& one) { return one.id != grant.id; });
  Expected<ProvisionReport> whole = ProvisionEach(*now);
  if (!whole) return whole;
  whole->unsettled = whole->unsettled || part->unsettled;
  whole->changes += part->changes;
  whole->stripped += part->stripped;
  return whole;
}

Expected<ProvisionReport> Engine::Plan(const std::vector<Grant>& grants, const OnPlanned& on_planned,
                                       store::Counts& counts) {
  ProvisionReport total;
  total.complete = true;
  for (const Grant& grant : grants) {
    auto context = GrantContext::Make(environment_.ledger, grant);
    if (!context) return std::unexpected(context.error());
    const auto on_intent = [&](const store::Change& change) {
      ++total.changes;
      on_planned(**context, change);
    };
    const Expected<ProvisionReport> one = scanner::Provision(environment_, **context).DryRun(on_intent, counts);
    if (!one) return std::unexpected(one.error());
    total.failures += one->failures;
    total.complete = total.complete && one->complete;
    if (!total.complete) break;
  }
  return total;
}

Expected<Engine::Contexts> Engine::ContextsOf(
    const std::function<bool(const Grant&, const PathComponents& root)>& wanted) {
  const Expected<std::vector<Grant>> grants = environment_.ledger.Grants();
  if (!grants) return std::unexpected(grants.error());
  Contexts contexts;
  for (const Grant& grant : *grants) {
    const Expected<PathComponents> root = ComponentsOf(grant.root);
    if (!root) return std::unexpected(root.error());
    if (!wanted(grant, *root)) continue;
    auto context = GrantContext::Make(environment_.ledger, grant);
    if (!context) return std::unexpected(context.error());
    contexts.push_back(std::move(*context));
  }
  return contexts;
}

Expected<RollbackReport> Engine::Rollback(const GrantsNamed& named, bool forced) {
  const Expected<GrantFilter> is_named = FilterOf(named);
  if (!is_named) return std::unexpected(is_named.error());
  const Expected<std::vector<Grant>> grants = environment_.ledger.Grants();
  if (!grants) return std::unexpected(grants.error());
  std::vector<store::GrantId> ids;
  for (const Grant& grant : *grants)
    if ((*is_named)(grant)) ids.push_back(grant.id);
  if (named.root && ids.empty()) {
    const Expected<bool> left = IsAnythingLeft(*is_named);
    if (!left) return std::unexpected(left.error());
    if (*left) return RollbackAndRevisit({}, *is_named);
    return std::unexpected(Error{ErrorKind::kNotFound, "rollback", *named.root, 0, kNoSuchGrant});
  }
  const Expected<Begun> begun = BeginRollback(ids, forced);
  if (!begun) return std::unexpected(begun.error());
  std::vector<Grant> going_on;
  const Expected<std::vector<Grant>> now = environment_.ledger.Grants();
  if (!now) return std::unexpected(now.error());
  for (const Grant& grant : *now)
    if (std::ranges::count(begun->going_on, grant.id) > 0) going_on.push_back(grant);
  if (const auto provisioned = Provision(going_on); !provisioned) return std::unexpected(provisioned.error());
  return RollbackAndRevisit(begun->going, *is_named);
}

Expected<RollbackReport> Engine::RollbackGrants(std::span<const store::GrantId> ids) {
  return RollbackAndRevisit(ids, [](const Grant&) { return false; });
}

Expected<RollbackReport> Engine::RollbackAndRevisit(std::span<const store::GrantId> ids, const GrantFilter& wanted) {
  return Settled<RollbackReport>([&] { return RollbackAndRevisitNow(ids, wanted); });
}

Expected<RollbackReport> Engine::RollbackAndRevisitNow(std::span<const store::GrantId> ids, const GrantFilter& wanted) {
  Expected<Contexts> contexts = ContextsOf([&](const Grant& grant, const PathComponents&) {
    return grant.state == GrantState::kRollingBack && std::ranges::count(ids, grant.id) > 0;
  });
  if (!contexts) return std::unexpected(contexts.error());
  // What was left behind before goes first: what stands in the way of the proof may have become reachable.
  const Expected<RollbackReport> left = Revisit([&](const Grant& grant) {
    return wanted(grant) ||
           std::ranges::any_of(*contexts, [&grant](const auto& context) { return IsSameLayer(context->grant, grant); });
  });
  if (!left) return left;
  Expected<RollbackReport> report = Rollback(*contexts);
  if (!report) return report;
  const std::uint64_t missing = report->missing;
  *report += *left;
  // What went missing long ago was told then (status counts it), unless the question is what is left at all.
  if (!contexts->empty()) report->missing = missing;
  return report;
}

// Those of one principal and mask go together: one proof for all of them.
Expected<RollbackReport> Engine::Rollback(Contexts& contexts) {
  RollbackReport total;
  total.complete = true;
  for (auto first = contexts.begin(); first != contexts.end();) {
    total.stopped = total.stopped || environment_.stop;
    if (total.stopped) break;
    const Grant& like = (*first)->grant;
    const auto last = std::stable_partition(first, contexts.end(), [&like](const auto& context) {
      return context->grant.principal == like.principal && context->grant.mask == like.mask;
    });
    std::vector<GrantContext*> together;
    for (auto one = first; one != last; ++one) together.push_back(one->get());
    const Expected<RollbackReport> report = scanner::Rollback(environment_, together);
    if (!report) return std::unexpected(report.error());
    total += *report;
    first = last;
  }
  total.complete = total.complete && !total.stopped;
  return total;
}

Expected<VerifyReport> Engine::Verify(const std::vector<Grant>& grants) {
  return Settled<VerifyReport>([&] { return VerifyEach(grants); });
}

Expected<VerifyReport> Engine::VerifyEach(const std::vector<Grant>& grants) {
  VerifyReport total;
  for (const Grant& grant : grants) {
    if (grant.state == GrantState::kRollingBack || grant.state == GrantState::kPartOf) continue;
    const Expected<bool> complete = VerifyOne(grant, total);
    if (!complete) return std::unexpected(complete.error());
    if (!*complete) return total;
  }
  const Expected<Orphans> orphans = FindOrphans(environment_, grants);
  if (!orphans) return std::unexpected(orphans.error());
  total.orphans = orphans->count;
  total.orphan_examples = orphans->examples;
  total.complete = true;
  return total;
}

// False: stopped before the end.
Expected<bool> Engine::VerifyOne(const Grant& grant, VerifyReport& total) {
  auto made = GrantContext::Make(environment_.ledger, grant);
  if (!made) return std::unexpected(made.error());
  GrantContext& context = **made;
  const Expected<std::vector<store::Failure>> known = environment_.ledger.Failures();
  if (!known) return std::unexpected(known.error());
  Expected<LiveEntries> live = LoadLiveEntries(environment_.ledger, grant.id);
  if (!live) return std::unexpected(live.error());
  Scan scan(environment_.volume, environment_.ledger, context.grant, *context.policy, context.root, context.descriptors,
            environment_.progress);
  const Expected<ScanReport> scanned = scan.Run(environment_.Readers(), *live, environment_.stop);
  if (!scanned) return std::unexpected(scanned.error());
  total.objects += scanned->objects;
  total.differences += scanned->rows_written;
  total.failures += scanned->failures;
  if (Expected<void> reloaded = context.ReloadTree(environment_.ledger); !reloaded)
    return std::unexpected(reloaded.error());
  const Expected<store::Counts> counts = Recount(environment_.ledger, context.tree, grant);
  if (!counts) return std::unexpected(counts.error());
  total.counts += *counts;
  if (Expected<void> kept = KeepFailures(*known, grant.id); !kept) return std::unexpected(kept.error());
  return scanned->complete;
}

// What could not be written the last time, and was not tried since.
Expected<void> Engine::KeepFailures(std::span<const store::Failure> known, store::GrantId grant) {
  const Expected<std::vector<store::Failure>> now = environment_.ledger.Failures();
  if (!now) return std::unexpected(now.error());
  std::set<std::pair<std::string, std::string>> told;
  for (const store::Failure& failure : *now)
    if (failure.grant == grant) told.emplace(failure.path, failure.right);
  for (const store::Failure& failure : known) {
    if (failure.grant != grant || !told.emplace(failure.path, failure.right).second) continue;
    const Expected<bool> failed = IsFailed(failure);
    if (!failed) return std::unexpected(failed.error());
    if (!*failed) continue;
    if (Expected<void> added = environment_.ledger.AddFailure(failure); !added) return added;
  }
  return {};
}

Expected<bool> Engine::IsFailed(const store::Failure& failure) {
  const Expected<PathComponents> path = ComponentsOf(failure.path);
  if (!path) return false;  // A name that no path can spell.
  std::vector<std::string> names;
  for (const std::u16string& component : *path) names.push_back(ToWtf8(component));
  const auto found = environment_.ledger.Find(names);
  if (!found) return std::unexpected(found.error());
  return std::ranges::any_of(*found, [&failure](const store::Ledger::Found& one) {
    return one.grant.id == failure.grant && one.node.verdict == store::Verdict::kFailed;
  });
}

}  // namespace acledger::scanner
