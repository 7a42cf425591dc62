// SPDX-License-Identifier: MIT
// Access for as long as a process wants it.
#include <algorithm>
#include <asio/post.hpp>
#include <limits>

#include "daemon/answers/answer.h"
#include "daemon/service/service.h"
#include "store/clock.h"

namespace acledger::daemon {

using store::Grant;

namespace {

// By all his processes. Each look at them reads all.
constexpr std::size_t kMostHoldersOfAUser = 256;

std::string RootOf(const std::vector<Grant>& grants, store::GrantId id) {
  const auto found = std::ranges::find(grants, id, &Grant::id);
  return found == grants.end() ? std::string() : found->root;
}

}  // namespace

Expected<void> Service::CheckHeldByNoOther(const std::vector<Grant>& grants, const Viewer& viewer,
                                           store::Ledger& ledger) {
  if (viewer.IsAdmin()) return {};
  const Expected<std::vector<store::Holder>> holders = ledger.Holders();
  if (!holders) return std::unexpected(holders.error());
  for (const store::Holder& holder : *holders)
    if (holder.user != viewer.User() && std::ranges::count(grants, holder.grant, &Grant::id) > 0)
      return Fail(ErrorKind::kBusy, "roll back",
                  "somebody else holds it: wait for the release, or ask an administrator to take it back");
  return {};
}

Expected<void> Service::MayHold(const Viewer& viewer, std::size_t roots, store::Ledger& ledger) {
  if (viewer.IsAdmin()) return {};
  const Expected<std::vector<store::Holder>> holders = ledger.Holders();
  if (!holders) return std::unexpected(holders.error());
  const auto own = static_cast<std::size_t>(std::ranges::count(*holders, viewer.User(), &store::Holder::user));
  if (own + roots <= kMostHoldersOfAUser) return {};
  return Fail(ErrorKind::kDenied, "acquire",
              "a user may hold " + std::to_string(kMostHoldersOfAUser) +
                  " roots at a time: release some (acledger holders lists them)");
}

// What must go on comes before what must go.
Expected<void> Service::QueueBegun(const scanner::Begun& begun, store::Ledger& ledger, Worker::Wishes& wishes,
                                   scanner::IndexUse index) {
  const Expected<std::vector<Grant>> grants = ledger.Grants();
  if (!grants) return std::unexpected(grants.error());
  if (!begun.going_on.empty()) KeepFresh();  // Before they are scanned: nothing is missed in between.
  for (const store::GrantId id : begun.going_on) wishes.Put({id, Work::kProvision, Urgency::kWaitedFor});
  for (const store::GrantId id : begun.going)
    wishes.Put({id, Work::kRollback, UrgencyOf(RootOf(*grants, id)), false, index});
  // A pause was meant for the access, not for its end.
  return KeepOnHold(ledger, begun.going, false);
}

void Service::LookAtHolders() {
  asio::post(io_, [this] {
    if (stopped_) return;
    if (const Expected<void> looked = holders_.Look(); !looked) Trouble(looked.error());
  });
}

void Service::ReleaseDead(std::vector<store::HolderId> dead) {
  worker_.Post([this, dead = std::move(dead)](scanner::Engine& engine, store::Ledger& ledger, Worker::Wishes& wishes) {
    const Expected<scanner::Begun> begun = engine.Release(dead);
    if (!begun) return log_(true, begun.error().ToString());
    for (const store::HolderId id : dead) log_(false, "holder " + std::to_string(id) + ": its process has ended");
    if (const Expected<void> queued = QueueBegun(*begun, ledger, wishes); !queued)
      log_(true, queued.error().ToString());
    LookAtHolders();
  });
}

Expected<store::Holder> Service::HolderFor(const Caller& caller, std::uint64_t process) {
  store::Holder holder;
  if (process == 0 && !caller.process)
    return std::unexpected(InvalidParams("\"pid\": the system does not say whose process this is: name one"));
  holder.process = process == 0 ? *caller.process : static_cast<std::uint32_t>(process);
  if (!caller.is_admin && holder.process != caller.process)
    return Fail(ErrorKind::kDenied, "acquire", "another process than one's own is for administrators");
  const Expected<std::int64_t> created = processes_->CreationTime(holder.process);
  if (!created) return std::unexpected(created.error());
  holder.created = *created;
  holder.user = caller.user;
  holder.acquired = store::SecondsNow();
  return holder;
}

void Service::Acquire(const Caller& caller, Params& params, Reply reply) {
  const std::uint64_t process = params.NumberOr("pid", 0, std::numeric_limits<std::uint32_t>::max());
  const std::uint64_t wait = params.NumberOr("wait_ms", 0, 86'400'000);
  Expected<scanner::GrantRequest> request = GrantRequestFrom(params);
  if (!request) return reply(std::unexpected(request.error()));
  if (Expected<void> admitted = permission_.Admit(caller, *request); !admitted)
    return reply(std::unexpected(admitted.error()));
  Expected<store::Holder> holder = HolderFor(caller, process);
  if (!holder) return reply(std::unexpected(holder.error()));
  worker_.Post([this, client = caller.client, viewer = Permission::ViewerOf(caller), wait,
                request = std::move(*request), holder = std::move(*holder),
                reply = std::make_shared<Reply>(std::move(reply))](scanner::Engine& engine, store::Ledger& ledger,
                                                                   Worker::Wishes& wishes) {
    std::vector<std::string> notes;
    if (const Expected<void> may = MayHold(viewer, request.roots.size(), ledger); !may)
      return (*reply)(std::unexpected(may.error()));
    const Expected<scanner::Engine::Acquired> acquired = engine.Acquire(request, holder, notes);
    if (!acquired) return (*reply)(std::unexpected(acquired.error()));
    permission_.KnowSandbox(request.principal);
    KeepFresh();  // Before the scan begins: nothing is missed in between.
    for (const Grant& grant : acquired->grants) wishes.Put({grant.id, Work::kProvision, Urgency::kWaitedFor});
    if (Expected<void> kept = KeepOnHold(ledger, IdsOf(acquired->grants), false); !kept)
      return (*reply)(std::unexpected(kept.error()));
    Json held = Json::array();
    std::vector<std::string> roots;
    for (const scanner::Engine::Held& one : acquired->held) {
      held.push_back({{"holder", one.holder}, {"grant", one.grant.id}, {"root", one.grant.root}});
      roots.push_back(one.grant.root);
    }
    LookAtHolders();
    Json answer = {{"holders", std::move(held)}, {"grants", Listed(acquired->grants)}, {"notes", notes}};
    if (wait == 0) return (*reply)(std::move(answer));
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(wait);
    asio::post(io_, [=, this, roots = std::move(roots), answer = std::move(answer)]() mutable {
      WaitUntilApplied(client, viewer, std::move(roots), deadline, std::move(answer), std::move(*reply));
    });
  });
}

void Service::Release(const Caller& caller, Params& params, Reply reply) {
  const auto id = static_cast<store::HolderId>(params.NumberOr("holder", 0, std::numeric_limits<std::int64_t>::max()));
  if (id == 0) params.Refuse("\"holder\" is missing");
  if (const Expected<void> ended = params.End(); !ended) return reply(std::unexpected(ended.error()));
  const Expected<std::vector<store::Holder>> holders = parts_.reader.Holders();
  if (!holders) return reply(std::unexpected(holders.error()));
  const auto found = std::ranges::find(*holders, id, &store::Holder::id);
  // What others hold is not told apart from what is not there.
  if (found == holders->end() || (!caller.is_admin && found->user != caller.user))
    return reply(Fail(ErrorKind::kNotFound, "release", "there is no such holder (acledger holders lists them)"));
  worker_.Post([this, id, reply = std::make_shared<Reply>(std::move(reply))](
                   scanner::Engine& engine, store::Ledger& ledger, Worker::Wishes& wishes) {
    const store::HolderId one[] = {id};
    const Expected<scanner::Begun> begun = engine.Release(one);
    if (!begun) return (*reply)(std::unexpected(begun.error()));
    if (const Expected<void> queued = QueueBegun(*begun, ledger, wishes); !queued)
      return (*reply)(std::unexpected(queued.error()));
    LookAtHolders();
    (*reply)(Json{{"released", id}, {"rolling_back", begun->going}});
  });
}

Expected<Json> Service::Holders(const Caller& caller, Params& params) {
  const std::string path = params.TextOr("path", "");
  if (const Expected<void> ended = params.End(); !ended) return std::unexpected(ended.error());
  Expected<std::vector<Grant>> grants =
      path.empty() ? parts_.reader.Grants() : GrantsNear(path, Permission::ViewerOf(caller));
  if (!grants) return std::unexpected(grants.error());
  return HoldersJson(parts_.reader, *grants, caller.is_admin ? "" : caller.user);
}

}  // namespace acledger::daemon
