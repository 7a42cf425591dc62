// SPDX-License-Identifier: MIT
// What a person says of the queue: at once in the queue, and then in the ledger, before it is answered. A daemon that
// starts anew keeps to it.
#include "daemon/service/service.h"

namespace acledger::daemon {

using store::Grant;

namespace {

constexpr char kPaused[] = "paused";  // The setting: empty or "yes".

}  // namespace

Expected<void> Service::KeepOnHold(store::Ledger& ledger, const std::vector<Grant>& grants, bool on_hold) {
  return ledger.InTransaction([&]() -> Expected<void> {
    for (const Grant& grant : grants) {
      if (grant.on_hold == on_hold) continue;
      if (Expected<void> set = ledger.SetOnHold(grant.id, on_hold); !set) return set;
    }
    return {};
  });
}

Expected<bool> Service::IsPausedForGood(store::Ledger& ledger) {
  const Expected<std::string> paused = ledger.Setting(kPaused);
  if (!paused) return std::unexpected(paused.error());
  return !paused->empty();
}

void Service::Keep(std::function<Expected<void>(store::Ledger&)> write, Json answer, Reply reply) {
  worker_.Post(
      [write = std::move(write), answer = std::move(answer), reply = std::make_shared<Reply>(std::move(reply))](
          scanner::Engine&, store::Ledger& ledger, Worker::Wishes&) {
        if (const Expected<void> kept = write(ledger); !kept) return (*reply)(std::unexpected(kept.error()));
        (*reply)(answer);
      });
}

// Without a root: everything.
void Service::Pause(const Caller& caller, Params& params, Reply reply) {
  const std::string root = params.TextOr("root", "");
  if (const Expected<void> ended = params.End(); !ended) return reply(std::unexpected(ended.error()));
  if (root.empty() && caller.is_admin) {
    SetPaused(true);
    on_paused_(true);
    return Keep([](store::Ledger& ledger) { return ledger.SetSetting(kPaused, "yes"); }, Json{{"paused", true}},
                std::move(reply));
  }
  const Expected<std::vector<Grant>> grants = GrantsWithRoot(root, Permission::ViewerOf(caller));
  if (!grants) return reply(std::unexpected(grants.error()));
  worker_.WithQueue([&](Queue& queue) {
    for (const Grant& grant : *grants) queue.Hold(grant.id);
  });
  Keep([grants = *grants](store::Ledger& ledger) { return KeepOnHold(ledger, grants, true); },
       Json{{"on_hold", Listed(*grants)}}, std::move(reply));
}

void Service::Resume(const Caller& caller, Params& params, Reply reply) {
  const std::string root = params.TextOr("root", "");
  if (const Expected<void> ended = params.End(); !ended) return reply(std::unexpected(ended.error()));
  const Expected<std::vector<Grant>> grants = GrantsWithRoot(root, Permission::ViewerOf(caller));
  if (!grants) return reply(std::unexpected(grants.error()));
  const bool all = root.empty();
  worker_.Post([grants = *grants, all, reply = std::make_shared<Reply>(std::move(reply)), this](
                   scanner::Engine&, store::Ledger& ledger, Worker::Wishes& wishes) {
    Expected<void> kept = KeepOnHold(ledger, grants, false);
    if (kept && all) kept = ledger.SetSetting(kPaused, "");
    if (!kept) return (*reply)(std::unexpected(kept.error()));
    // What was cancelled, and is not finished, is wished for again.
    for (const Grant& grant : grants)
      if (const std::optional<Work> work = UnfinishedWork(grant.state))
        wishes.Put({grant.id, *work, UrgencyOf(grant.root)});
    worker_.WithQueue([&](Queue& queue) {
      if (all) queue.ResumeAll();
      for (const Grant& grant : grants) queue.Release(grant.id);
    });
    if (all) on_paused_(false);
    for (const Grant& grant : grants) worker_.LookAt(grant.id, UrgencyOf(grant.root), {});  // What was held back.
    (*reply)(Json{{"resumed", Listed(grants)}});
  });
}

// Out of the queue; what was written stays, and stays recorded. Another wish for the grant, or resume, goes on from
// there.
void Service::Cancel(const Caller& caller, Params& params, Reply reply) {
  const std::string root = params.Text("root");
  if (const Expected<void> ended = params.End(); !ended) return reply(std::unexpected(ended.error()));
  const Expected<std::vector<Grant>> grants = GrantsWithRoot(root, Permission::ViewerOf(caller));
  if (!grants) return reply(std::unexpected(grants.error()));
  worker_.WithQueue([&](Queue& queue) {
    for (const Grant& grant : *grants) queue.Cancel(grant.id);
  });
  Keep([grants = *grants](store::Ledger& ledger) { return KeepOnHold(ledger, grants, true); },
       Json{{"cancelled", Listed(*grants)}}, std::move(reply));
}

}  // namespace acledger::daemon
