// SPDX-License-Identifier: MIT
#include "tools/acledger/follow.h"

#include <algorithm>
#include <cstdio>
#include <set>

#include "daemon/answers/reports.h"
#include "tools/acledger/interrupt.h"
#include "tools/acledger/progress_line.h"

namespace acledger::tools {
namespace {

constexpr auto kTick = std::chrono::milliseconds(200);

scanner::Phase PhaseOf(const std::string& name) {
  using scanner::Phase;
  for (const Phase phase : {Phase::kSettling, Phase::kScanning, Phase::kPlanning, Phase::kApplying, Phase::kRollingBack,
                            Phase::kSweeping, Phase::kVerifying})
    if (name == scanner::Name(phase)) return phase;
  return Phase::kScanning;
}

scanner::ProgressState StateFrom(const Json& params) {
  return {.phase = PhaseOf(params.value("phase", "")),
          .root = params.value("root", ""),
          .done = daemon::NumberIn(params, "done"),
          .total = daemon::NumberIn(params, "total"),
          .changes = daemon::NumberIn(params, "changes"),
          .failures = daemon::NumberIn(params, "failures")};
}

// Grants of the list that the daemon has in its queue no more: their end was missed.
Expected<void> DropEnded(daemon::Client& client, std::set<std::int64_t>& open) {
  const Expected<Json> status = client.Call("status", Json::object(), std::chrono::seconds(30));
  if (!status) return std::unexpected(status.error());
  std::set<std::int64_t> queued;
  for (const Json& job : (*status)["queue"]) queued.insert(job["grant"].get<std::int64_t>());
  std::erase_if(open, [&](std::int64_t grant) { return !queued.contains(grant); });
  return {};
}

void Add(const Json& ended, Followed& followed) {
  const Json result = ended.value("result", Json::object());
  const std::string work = ended.value("work", "");
  if (work == "rollback") {
    followed.rollback += daemon::RollbackReportFrom(result);
  } else if (work == "verify") {
    const scanner::VerifyReport one = daemon::VerifyReportFrom(result);
    followed.verify.counts += one.counts;
    followed.verify.objects += one.objects;
    followed.verify.differences += one.differences;
    followed.verify.failures += one.failures;
  } else {
    const scanner::ProvisionReport one = daemon::ProvisionReportFrom(result);
    followed.provision.changes += one.changes;
    followed.provision.stripped += one.stripped;
    followed.provision.failures += one.failures;
  }
  if (ended.contains("error")) followed.errors.push_back(ended["error"].value("reason", ""));
}

}  // namespace

Expected<Followed> Follow(daemon::Client& client, const Json& grants) {
  Followed followed;
  client.DropWaiting();  // Ends of what ran before.
  std::set<std::int64_t> open;
  for (const Json& grant : grants) open.insert(grant["grant"].get<std::int64_t>());
  ProgressLine line;
  const scanner::StopFlag& stop = StopOnInterrupt();
  while (!open.empty() && !stop) {
    const Expected<daemon::Notification> told = client.NextNotification(kTick);
    if (!told && told.error().kind == ErrorKind::kBusy && !client.IsBroken()) continue;
    if (!told) return std::unexpected(told.error());
    if (told->method == "missed") {
      if (Expected<void> dropped = DropEnded(client, open); !dropped) return std::unexpected(dropped.error());
      continue;
    }
    const std::int64_t grant = told->params.value("grant", std::int64_t{0});
    if (!open.contains(grant)) continue;
    if (told->method == "progress") line.Report(StateFrom(told->params));
    if (told->method == "note") line.Note(told->params.value("text", ""));
    if (told->method != "ended") continue;
    const std::string how = told->params.value("ended", "");
    if (how == "cancelled")
      followed.errors.push_back(told->params.value("root", "") +
                                ": it was cancelled (acledger resume goes on with it)");
    else
      Add(told->params, followed);
    // What was stopped goes on after what was more urgent.
    if (how != "stopped") open.erase(grant);
  }
  followed.stopped = stop;
  followed.provision.complete = followed.verify.complete = followed.rollback.complete =
      !stop && followed.errors.empty();
  return followed;
}

Expected<Json> FollowTask(daemon::Client& client, const Task& task, std::uint64_t number,
                          const std::function<void(const Json&)>& show) {
  const scanner::StopFlag& stop = StopOnInterrupt();
  while (!stop) {
    const Expected<daemon::Notification> told = client.NextNotification(kTick);
    if (!told && told.error().kind == ErrorKind::kBusy && !client.IsBroken()) continue;
    if (!told) return std::unexpected(told.error());
    if (daemon::NumberIn(told->params, task.name) != number) continue;
    if (told->method == "progress") show(told->params);
    if (told->method != task.end) continue;
    if (!told->params.contains("error")) return told->params.value("result", Json::object());
    return std::unexpected(daemon::ErrorFrom(told->params["error"]));
  }
  return Fail(ErrorKind::kBusy, task.name, "interrupted");
}

Expected<Json> FollowPlan(daemon::Client& client, std::uint64_t plan) {
  ProgressLine line;
  return FollowTask(client, {"plan", "planned"}, plan, [&line](const Json& told) { line.Report(StateFrom(told)); });
}

}  // namespace acledger::tools
