// SPDX-License-Identifier: MIT
// Clients that wait until a path is decided.
#include <algorithm>
#include <asio/post.hpp>

#include "daemon/answers/answer.h"
#include "daemon/service/service_wait.h"

namespace acledger::daemon {

using store::Grant;
using store::GrantState;
using store::Verdict;

namespace {

// Each is looked at whenever a job has ended.
constexpr std::size_t kMostWaits = 16;

bool IsOpen(const store::Ledger::Found& found) {
  const auto has = [&](Verdict verdict) {
    return found.node.verdict == verdict || (found.as_folder && found.as_folder->counts[verdict] > 0);
  };
  // What is unknown in a grant that is complete could not be looked at: nobody can say when that changes.
  const bool is_done = found.grant.state == GrantState::kComplete && !found.grant.is_stale;
  // Of one that is stale the rows say what was so before.
  return found.grant.is_stale || has(Verdict::kPending) || (has(Verdict::kUnknown) && !is_done) ||
         found.grant.state == GrantState::kScanning || found.grant.state == GrantState::kRollingBack;
}

// Nobody may be at work on it any more: then it is said that it is not decided.
Expected<Json> WithDecided(Expected<Json> coverage) {
  if (!coverage) return coverage;
  const auto is_open = [](const Json& one) {
    const bool is_done = one["state"] == store::Name(GrantState::kComplete) && one["stale"] == false;
    return NumberIn(one, store::Name(Verdict::kPending)) > 0 ||
           (NumberIn(one, store::Name(Verdict::kUnknown)) > 0 && !is_done) ||
           one["state"] == store::Name(GrantState::kScanning) || one["state"] == store::Name(GrantState::kRollingBack);
  };
  (*coverage)["decided"] = std::ranges::none_of((*coverage)["coverage"], is_open);
  return coverage;
}

// Decided without what could not be looked at.
bool IsKnown(const Json& coverage) {
  return std::ranges::none_of(coverage["coverage"],
                              [](const Json& one) { return NumberIn(one, store::Name(Verdict::kUnknown)) > 0; });
}

}  // namespace

Expected<std::vector<Grant>> Service::GrantsAwaited(const std::string& path, const Viewer& viewer) {
  Expected<std::vector<Grant>> grants = GrantsNear(path, viewer);
  if (!grants || viewer.IsAdmin()) return grants;
  const Expected<std::vector<store::Ledger::Found>> seen = viewer.Find(parts_.reader, path);
  if (!seen) return std::unexpected(seen.error());
  for (const store::Ledger::Found& one : *seen)
    if (std::ranges::find(*grants, one.grant.id, &Grant::id) == grants->end()) grants->push_back(one.grant);
  return grants;
}

// From roll-ups alone: what this user may see of them is counted on another thread.
Expected<bool> Service::IsOver(const Wait& wait) {
  const Expected<std::vector<Grant>> reached = GrantsAwaited(wait.path, wait.viewer);
  if (!reached) return std::unexpected(reached.error());
  bool busy = false;
  worker_.WithQueue([&](const Queue& queue) {
    for (const Job& job : queue.Jobs())
      busy = busy || std::ranges::any_of(*reached, [&](const Grant& grant) { return grant.id == job.grant; });
  });
  if (!busy) return true;
  const Expected<std::vector<store::Ledger::Found>> found = wait.viewer.Find(parts_.reader, wait.path);
  if (!found) return std::unexpected(found.error());
  return !found->empty() && std::ranges::none_of(*found, IsOpen);
}

void Service::AnswerWait(Wait& wait) {
  if (wait.viewer.IsAdmin()) return wait.reply(WithDecided(CoverageJson(parts_.reader, wait.path)));
  // There are few of them: the limit of waits is one of these questions too.
  asking_.Ask(
      "",
      [this, path = wait.path, viewer = wait.viewer] {
        return WithDecided(CoverageJson(parts_.explainer, path, viewer));
      },
      std::move(wait.reply));
}

bool Service::MayWait(const Viewer& viewer) const {
  const auto is_his = [&](const auto& wait) { return wait->viewer.User() == viewer.User(); };
  return viewer.IsAdmin() || std::ranges::count_if(waits_, is_his) < static_cast<std::ptrdiff_t>(kMostWaits);
}

void Service::WaitFor(const Caller& caller, Params& params, Reply reply) {
  const std::string path = params.Text("path");
  const std::uint64_t timeout = params.NumberOr("timeout_ms", 30'000, 86'400'000);
  if (const Expected<void> ended = params.End(); !ended) return reply(std::unexpected(ended.error()));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout);
  auto wait =
      std::make_unique<Wait>(Wait{caller.client, Permission::ViewerOf(caller), path, deadline, std::move(reply)});
  if (!MayWait(wait->viewer))
    return wait->reply(Fail(ErrorKind::kBusy, "wait", "as many waits of this user as may be are under way"));
  const Expected<bool> over = IsOver(*wait);
  if (!over) return wait->reply(std::unexpected(over.error()));
  if (*over) return AnswerWait(*wait);
  const Expected<std::vector<Grant>> reached = GrantsAwaited(path, wait->viewer);
  if (!reached) return wait->reply(std::unexpected(reached.error()));
  worker_.WithQueue([&](Queue& queue) {
    for (const Grant& grant : *reached) queue.Prioritise(grant.id, Urgency::kWaitedFor);
  });
  worker_.IsWaitedFor(path);
  waits_.push_back(std::move(wait));
  ArmTimer();
}

// One root after the other; who holds it is known in any case. `coverage` may come on any thread.
void Service::WaitUntilApplied(ClientId client, const Viewer& viewer, std::vector<std::string> roots,
                               std::chrono::steady_clock::time_point deadline, Json answer, Reply reply) {
  if (roots.empty() || stopped_ || !MayWait(viewer)) {
    answer["applied"] = roots.empty();
    return reply(std::move(answer));
  }
  const std::string root = std::move(roots.back());
  roots.pop_back();
  auto next = [this, client, viewer, roots = std::move(roots), deadline, answer = std::move(answer),
               reply = std::move(reply)](Expected<Json> coverage) mutable {
    if (!coverage || !coverage->value("decided", false) || !IsKnown(*coverage)) {
      answer["applied"] = false;
      return reply(std::move(answer));
    }
    asio::post(io_, [this, client, viewer, roots = std::move(roots), deadline, answer = std::move(answer),
                     reply = std::move(reply)]() mutable {
      WaitUntilApplied(client, viewer, std::move(roots), deadline, std::move(answer), std::move(reply));
    });
  };
  worker_.IsWaitedFor(root);
  waits_.push_back(std::make_unique<Wait>(Wait{client, viewer, root, deadline, Reply(std::move(next))}));
  WakeWaits();
}

void Service::WakeWaits() {
  asio::post(io_, [this] {
    if (!stopped_) LookAtWaits();
  });
}

void Service::LookAtWaits() {
  const auto now = std::chrono::steady_clock::now();
  for (std::unique_ptr<Wait>& wait : std::exchange(waits_, {})) {
    const Expected<bool> over = IsOver(*wait);
    if (!over)
      wait->reply(std::unexpected(over.error()));
    else if (*over)
      AnswerWait(*wait);
    else if (wait->deadline <= now)
      wait->reply(std::unexpected(Error{ErrorKind::kBusy, "wait for", wait->path, 0,
                                        "not decided within the time; it goes on (status tells how far it is)"}));
    else
      waits_.push_back(std::move(wait));
  }
  ArmTimer();
}

void Service::ArmTimer() {
  if (waits_.empty()) return;
  const auto soonest = std::ranges::min_element(waits_, {}, [](const auto& wait) { return wait->deadline; });
  timer_.expires_at((*soonest)->deadline);
  timer_.async_wait([this](std::error_code cancelled) {
    if (!cancelled && !stopped_) LookAtWaits();
  });
}

}  // namespace acledger::daemon
