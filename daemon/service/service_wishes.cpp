// SPDX-License-Identifier: MIT
// What changes something: the methods that give work to the Worker or steer it.
#include <algorithm>

#include "daemon/answers/answer.h"
#include "daemon/answers/mask.h"
#include "daemon/answers/reports.h"
#include "daemon/service/service.h"
#include "scanner/path.h"
#include "security/sddl.h"
#include "security/wtf8.h"

namespace acledger::daemon {

using scanner::PathComponents;
using store::Grant;

namespace {

Expected<PathComponents> ComponentsOf(const std::string& path) {
  Expected<scanner::ParsedPath> parsed = scanner::ParsePath(path);
  if (!parsed) return std::unexpected(InvalidParams("\"path\": " + parsed.error().ToString()));
  return std::move(parsed->components);
}

}  // namespace

std::vector<store::GrantId> Service::IdsOf(const std::vector<Grant>& grants) {
  std::vector<store::GrantId> ids;
  for (const Grant& grant : grants) ids.push_back(grant.id);
  return ids;
}

Json Service::Listed(const std::vector<Grant>& grants) {
  Json listed = Json::array();
  for (const Grant& grant : grants)
    listed.push_back({{"grant", grant.id}, {"root", grant.root}, {"principal", grant.principal.ToString()}});
  return listed;
}

Expected<std::vector<Grant>> Service::GrantsNear(const std::string& path, const Viewer& viewer) {
  const Expected<PathComponents> wanted = ComponentsOf(path);
  if (!wanted) return std::unexpected(wanted.error());
  Expected<std::vector<Grant>> grants = parts_.reader.Grants();
  if (!grants) return grants;
  std::erase_if(*grants, [&](const Grant& grant) {
    const Expected<PathComponents> root = ComponentsOf(grant.root);
    return !viewer.Owns(grant) || !root ||
           !(scanner::IsAtOrBelow(*wanted, *root) || scanner::IsAtOrBelow(*root, *wanted));
  });
  return grants;
}

Expected<std::vector<Grant>> Service::GrantsWithRoot(store::Ledger& ledger, const std::string& root,
                                                     const Viewer& viewer) {
  if (root.empty() && !viewer.IsAdmin())
    return Fail(ErrorKind::kDenied, "do this for all that is granted", "is for administrators: name a root of yours");
  Expected<std::vector<Grant>> grants = ledger.Grants();
  if (!grants || root.empty()) return grants;
  const Expected<PathComponents> wanted = ComponentsOf(root);
  if (!wanted) return std::unexpected(wanted.error());
  std::erase_if(*grants, [&](const Grant& grant) {
    const Expected<PathComponents> own = ComponentsOf(grant.root);
    return !viewer.Owns(grant) || !own || !scanner::SamePath(*own, *wanted);
  });
  if (grants->empty())
    return std::unexpected(
        Error{ErrorKind::kNotFound, "find the grant", root, 0, "no grant has this root (status lists the roots)"});
  return grants;
}

void Service::AddGrant(const Caller& caller, Params& params, Reply reply) {
  const scanner::IndexUse index = IndexUseIn(params);
  Expected<scanner::GrantRequest> request = GrantRequestFrom(params);
  if (!request) return reply(std::unexpected(request.error()));
  request->ends_rollback = true;
  if (Expected<void> admitted = permission_.Admit(caller, *request); !admitted)
    return reply(std::unexpected(admitted.error()));
  worker_.Post([this, index, request = std::move(*request), reply = std::make_shared<Reply>(std::move(reply))](
                   scanner::Engine& engine, store::Ledger& ledger, Worker::Wishes& wishes) {
    std::vector<std::string> notes;
    const Expected<std::vector<store::Grant>> grants = engine.Register(request, notes);
    if (!grants) return (*reply)(std::unexpected(grants.error()));
    permission_.KnowSandbox(request.principal);
    KeepFresh();  // Before the scan begins: nothing is missed in between.
    // A new wish ends what someone said of an earlier one.
    for (const store::Grant& grant : *grants)
      wishes.Put({grant.id, Work::kProvision, UrgencyOf(grant.root), false, index});
    if (Expected<void> kept = KeepOnHold(ledger, IdsOf(*grants), false); !kept)
      return (*reply)(std::unexpected(kept.error()));
    (*reply)(Json{{"grants", Listed(*grants)}, {"notes", notes}});
  });
}

// Its end is told by the notification `planned`: a plan looks at every object.
Expected<Json> Service::Plan(const Caller& caller, Params& params) {
  PlanOptions options;
  options.manual = params.Flag("manual");
  options.examples = params.NumberOr("examples", options.examples, 10'000);
  Expected<scanner::GrantRequest> request = GrantRequestFrom(params);
  if (!request) return std::unexpected(request.error());
  const Expected<std::uint64_t> plan = plans_.Begin(caller.client, std::move(*request), options);
  if (!plan) return std::unexpected(plan.error());
  return Json{{"plan", *plan}};
}

// In the ledger before it is answered: a daemon that dies goes on with it at its next start.
void Service::Rollback(const Caller& caller, Params& params, Reply reply) {
  const bool all = params.Flag("all");
  const RollbackHow how{params.Flag("force"), IndexUseIn(params)};
  const std::string root = params.TextOr("root", "");
  if (all == !root.empty()) params.Refuse("\"root\" or \"all\": one of them is wanted");
  if (const Expected<void> ended = params.End(); !ended) return reply(std::unexpected(ended.error()));
  const Viewer viewer = Permission::ViewerOf(caller);
  const auto roll_back = [this, all, how, viewer](const std::vector<Grant>& grants, scanner::Engine& engine,
                                                  store::Ledger& ledger, Worker::Wishes& wishes) -> Expected<Json> {
    Expected<Json> answer = RollbackThese(grants, viewer, how, engine, ledger, wishes);
    if (!answer || !all) return answer;
    const auto left = engine.Revisit([](const Grant&) { return true; });
    if (!left) return std::unexpected(left.error());
    (*answer)["left"] = ToJson(*left);
    return answer;
  };
  Steer(root, viewer, roll_back, std::move(reply));
}

// One grant: what `grant` gave, by the same words.
void Service::Revoke(const Caller& caller, Params& params, Reply reply) {
  const std::string root = params.Text("root"), principal = params.Text("principal"), mask = params.TextOr("mask", "");
  const RollbackHow how{params.Flag("force"), IndexUseIn(params)};
  if (root.empty()) params.Refuse("\"root\": a path is wanted");
  if (const Expected<void> ended = params.End(); !ended) return reply(std::unexpected(ended.error()));
  const Expected<security::Sid> sid = security::SidFromSddl(principal);
  if (!sid) return reply(std::unexpected(InvalidParams("\"principal\": " + sid.error().reason)));
  std::optional<security::AccessMask> rights;
  if (!mask.empty()) {
    const Expected<security::AccessMask> parsed = ParseMask(mask);
    if (!parsed) return reply(std::unexpected(InvalidParams("\"mask\": " + parsed.error().reason)));
    rights = *parsed;
  }
  const Viewer viewer = Permission::ViewerOf(caller);
  const auto revoke = [=, this, sid = *sid](std::vector<Grant> grants, scanner::Engine& engine, store::Ledger& ledger,
                                            Worker::Wishes& wishes) -> Expected<Json> {
    std::erase_if(grants,
                  [&](const Grant& grant) { return grant.principal != sid || (rights && grant.mask != *rights); });
    if (!grants.empty()) return RollbackThese(grants, viewer, how, engine, ledger, wishes);
    return std::unexpected(Error{ErrorKind::kNotFound, "find the grant", root, 0,
                                 "the root is granted to others alone (status lists principals and masks)"});
  };
  Steer(root, viewer, revoke, std::move(reply));
}

Expected<Json> Service::RollbackThese(const std::vector<Grant>& grants, const Viewer& viewer, const RollbackHow& how,
                                      scanner::Engine& engine, store::Ledger& ledger, Worker::Wishes& wishes) {
  if (const Expected<void> his = CheckHeldByNoOther(grants, viewer, ledger); !his) return std::unexpected(his.error());
  const Expected<scanner::Begun> begun = engine.BeginRollback(IdsOf(grants), how.forced);
  if (!begun) return std::unexpected(begun.error());
  if (const Expected<void> queued = QueueBegun(*begun, ledger, wishes, how.index); !queued)
    return std::unexpected(queued.error());
  LookAtHolders();
  // What was only part of another one is gone already.
  std::vector<Grant> going;
  for (const Grant& grant : grants)
    if (std::ranges::find(begun->going, grant.id) != begun->going.end()) going.push_back(grant);
  return Json{{"grants", Listed(going)}};
}

Expected<Json> Service::Verify(const Caller& caller, Params& params) {
  const std::string root = params.TextOr("root", "");
  if (const Expected<void> ended = params.End(); !ended) return std::unexpected(ended.error());
  const Expected<std::vector<store::Grant>> grants = GrantsWithRoot(parts_.reader, root, Permission::ViewerOf(caller));
  if (!grants) return std::unexpected(grants.error());
  worker_.WithQueue([&](Queue& queue) {
    for (const store::Grant& grant : *grants) queue.Put({grant.id, Work::kVerify, UrgencyOf(grant.root)});
  });
  return Json{{"grants", Listed(*grants)}};
}

Expected<Json> Service::Prioritise(const Caller& caller, Params& params) {
  const std::string path = params.Text("path");
  if (const Expected<void> ended = params.End(); !ended) return std::unexpected(ended.error());
  Expected<std::vector<store::Grant>> grants = GrantsNear(path, Permission::ViewerOf(caller));
  if (!grants) return std::unexpected(grants.error());
  worker_.WithQueue([&](Queue& queue) {
    std::erase_if(*grants, [&](const store::Grant& one) { return !queue.Prioritise(one.id, Urgency::kWaitedFor); });
  });
  return Json{{"prioritised", Listed(*grants)}};
}

}  // namespace acledger::daemon
