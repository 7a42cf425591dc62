// SPDX-License-Identifier: MIT
// What a person says of the queue: at once in the queue, and then in the ledger, before it is answered. A daemon that
// starts anew keeps to it.
#include <algorithm>

#include "daemon/service/service.h"

namespace acledger::daemon {

using store::Grant;

namespace {

constexpr char kPaused[] = "paused";  // The setting: empty or "yes".

}  // namespace

Expected<void> Service::KeepOnHold(store::Ledger& ledger, const std::vector<store::GrantId>& grants, bool on_hold) {
  return ledger.InTransaction([&]() -> Expected<void> {
    const Expected<std::vector<Grant>> now = ledger.Grants();
    if (!now) return std::unexpected(now.error());
    for (const Grant& grant : *now) {
      if (grant.on_hold == on_hold || std::ranges::find(grants, grant.id) == grants.end()) continue;
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

// Between a question and its turn another's command may have changed whose a grant is: asked again, of the ledger that
// is written.
void Service::Steer(const std::string& root, const Viewer& viewer, Steering steer, Reply reply) {
  if (const auto early = GrantsWithRoot(parts_.reader, root, viewer); !early)
    return reply(std::unexpected(early.error()));
  worker_.Post([this, root, viewer, steer = std::move(steer), reply = std::make_shared<Reply>(std::move(reply))](
                   scanner::Engine& engine, store::Ledger& ledger, Worker::Wishes& wishes) {
    const Expected<std::vector<Grant>> grants = GrantsWithRoot(ledger, root, viewer);
    (*reply)(grants ? steer(*grants, engine, ledger, wishes) : std::unexpected(grants.error()));
  });
}

Expected<Json> Service::PauseAll(store::Ledger& ledger) {
  SetPaused(true);
  if (const Expected<void> kept = ledger.SetSetting(kPaused, "yes"); !kept) return std::unexpected(kept.error());
  on_paused_(true);
  return Json{{"paused", true}};
}

// What is said of the queue holds from this moment on; and again in its turn, after what was said before it.
// Without a root: everything.
void Service::Pause(const Caller& caller, Params& params, Reply reply) {
  const std::string root = params.TextOr("root", "");
  if (const Expected<void> ended = params.End(); !ended) return reply(std::unexpected(ended.error()));
  const bool all = root.empty() && caller.is_admin;
  if (all) SetPaused(true);
  const auto hold = [this](const std::vector<Grant>& grants) {
    worker_.WithQueue([&](Queue& queue) {
      for (const Grant& grant : grants) queue.Hold(grant.id);
    });
  };
  const Viewer viewer = Permission::ViewerOf(caller);
  if (const auto grants = GrantsWithRoot(parts_.reader, root, viewer); grants && !all) hold(*grants);
  Steer(
      root, viewer,
      [this, all, hold](const std::vector<Grant>& grants, scanner::Engine&, store::Ledger& ledger,
                        Worker::Wishes&) -> Expected<Json> {
        if (all) return PauseAll(ledger);
        hold(grants);
        if (const Expected<void> kept = KeepOnHold(ledger, IdsOf(grants), true); !kept)
          return std::unexpected(kept.error());
        return Json{{"on_hold", Listed(grants)}};
      },
      std::move(reply));
}

void Service::Resume(const Caller& caller, Params& params, Reply reply) {
  const std::string root = params.TextOr("root", "");
  if (const Expected<void> ended = params.End(); !ended) return reply(std::unexpected(ended.error()));
  Steer(
      root, Permission::ViewerOf(caller),
      [this, all = root.empty()](const std::vector<Grant>& grants, scanner::Engine&, store::Ledger& ledger,
                                 Worker::Wishes& wishes) { return ResumeThese(grants, all, ledger, wishes); },
      std::move(reply));
}

Expected<Json> Service::ResumeThese(const std::vector<Grant>& grants, bool all, store::Ledger& ledger,
                                    Worker::Wishes& wishes) {
  Expected<void> kept = KeepOnHold(ledger, IdsOf(grants), false);
  if (kept && all) kept = ledger.SetSetting(kPaused, "");
  if (!kept) return std::unexpected(kept.error());
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
  return Json{{"resumed", Listed(grants)}};
}

// Out of the queue; what was written stays, and stays recorded. Another wish for the grant, or resume, goes on from
// there.
void Service::Cancel(const Caller& caller, Params& params, Reply reply) {
  const std::string root = params.Text("root");
  if (const Expected<void> ended = params.End(); !ended) return reply(std::unexpected(ended.error()));
  const Viewer viewer = Permission::ViewerOf(caller);
  const auto dropped = std::make_shared<std::vector<Job>>();
  if (const auto grants = GrantsWithRoot(parts_.reader, root, viewer)) Drop(*grants, *dropped);
  Steer(
      root, viewer,
      [this, dropped](const std::vector<Grant>& grants, scanner::Engine&, store::Ledger& ledger,
                      Worker::Wishes&) -> Expected<Json> {
        Drop(grants, *dropped);
        if (const Expected<void> kept = KeepOnHold(ledger, IdsOf(grants), true); !kept)
          return std::unexpected(kept.error());
        TellDropped(grants, *dropped);
        return Json{{"cancelled", Listed(grants)}};
      },
      std::move(reply));
}

void Service::Drop(const std::vector<Grant>& grants, std::vector<Job>& dropped) {
  worker_.WithQueue([&](Queue& queue) {
    for (const Job& job : queue.Jobs())
      if (std::ranges::find(grants, job.grant, &Grant::id) != grants.end() && queue.Cancel(job.grant))
        dropped.push_back(job);
  });
}

// On the worker's thread: what was running has ended by now. Who follows it would wait for ever.
void Service::TellDropped(const std::vector<Grant>& grants, const std::vector<Job>& dropped) {
  for (const Grant& grant : grants) {
    const auto job = std::ranges::find(dropped, grant.id, &Job::grant);
    if (job == dropped.end()) continue;
    log_(false, std::string(Name(job->work)) + " " + grant.root + ": cancelled");
    Publish("ended", {{"grant", grant.id}, {"work", Name(job->work)}, {"root", grant.root}, {"ended", "cancelled"}});
  }
  WakeWaits();
}

}  // namespace acledger::daemon
