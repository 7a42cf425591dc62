// SPDX-License-Identifier: MIT
// What whoever runs the service asks of it, and what it tells the log.
#include <algorithm>

#include "daemon/service/service.h"

namespace acledger::daemon {

using store::Grant;

void Service::SetPaused(bool paused) {
  worker_.WithQueue([paused](Queue& queue) { paused ? queue.PauseAll() : queue.ResumeAll(); });
}

Expected<std::vector<security::Sid>> Service::Sandboxes() {
  const Expected<std::vector<Grant>> grants = parts_.reader.Grants();
  if (!grants) return std::unexpected(grants.error());
  std::vector<security::Sid> principals;
  for (const Grant& grant : *grants)
    if (std::ranges::find(principals, grant.principal) == principals.end()) principals.push_back(grant.principal);
  return principals;
}

bool Service::IsPaused() {
  return worker_.WithQueue([](const Queue& queue) { return queue.IsPaused(); });
}

bool Service::IsAtWork() {
  return worker_.WithQueue([](const Queue& queue) { return queue.Running().has_value(); });
}

Expected<void> Service::LookAgain() {
  const Expected<std::vector<Grant>> grants = parts_.reader.Grants();
  if (!grants) return std::unexpected(grants.error());
  worker_.WithQueue([&](Queue& queue) {
    // What is queued already will be looked at, and what is on hold, or was cancelled, stays so.
    const std::vector<Job> jobs = queue.Jobs();
    for (const Grant& grant : *grants)
      if (!grant.on_hold && std::ranges::find(jobs, grant.id, &Job::grant) == jobs.end())
        queue.Put({grant.id, Work::kVerify, Urgency::kRest});
  });
  return {};
}

Expected<Json> Service::ReadAgain(const Caller&, Params& params) {
  if (const Expected<void> ended = params.End(); !ended) return std::unexpected(ended.error());
  if (!reload_) return Fail(ErrorKind::kUnsupported, "reload", "this daemon reads no configuration");
  return reload_();
}

void Service::OnTrouble(const Error& error) { log_(true, error.ToString()); }

// A client can cause many of them.
void Service::Trouble(const Error& error) {
  const auto now = std::chrono::duration_cast<Moment>(std::chrono::steady_clock::now() - begun_);
  const LineLimit::Verdict verdict = trouble_limit_.Take(now);
  if (verdict.left_out_before > 0) log_(true, std::to_string(verdict.left_out_before) + " more of this kind");
  if (verdict.write) return log_(true, error.ToString());
  ArmTroubleTimer();
}

void Service::ArmTroubleTimer() {
  const std::optional<Moment> at = trouble_limit_.TellAt();
  if (!at || stopped_) return;
  trouble_timer_.expires_at(begun_ + *at);
  trouble_timer_.async_wait([this](std::error_code cancelled) {
    if (cancelled || stopped_) return;
    const auto now = std::chrono::ceil<Moment>(std::chrono::steady_clock::now() - begun_);
    if (const std::uint64_t left_out = trouble_limit_.LeftOut(now); left_out > 0)
      log_(true, std::to_string(left_out) + " more of this kind");
  });
}

}  // namespace acledger::daemon
