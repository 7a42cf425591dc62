// SPDX-License-Identifier: MIT
#include "daemon/service/queue.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

namespace acledger::daemon {
namespace {

using std::chrono::seconds;

constexpr Moment kFirstDelay = seconds(1), kLongestDelay = seconds(600);

bool StartsWith(const std::string& text, std::string_view start) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return text.size() >= start.size() && std::ranges::equal(text.substr(0, start.size()), start, {}, lower, lower) &&
         (text.size() == start.size() || text[start.size()] == '\\');
}

}  // namespace

Moment DelayAfter(unsigned failures) {
  Moment delay = kFirstDelay;
  for (unsigned i = 1; i < failures && delay < kLongestDelay; ++i) delay *= 2;
  return std::min(delay, kLongestDelay);
}

const char* Name(Work work) {
  constexpr std::array kNames{"look", "provision", "verify", "rollback"};
  return kNames[static_cast<std::size_t>(work)];
}

const char* Name(Urgency urgency) {
  constexpr std::array kNames{"waited for", "workspace", "profile", "programs", "rest"};
  return kNames[static_cast<std::size_t>(urgency)];
}

Urgency UrgencyOf(const std::string& root) {
  if (root == "\\") return Urgency::kRest;
  if (StartsWith(root, "\\Users")) return std::ranges::count(root, '\\') > 2 ? Urgency::kWorkspace : Urgency::kProfile;
  for (const char* programs : {"\\Program Files", "\\Program Files (x86)"})
    if (StartsWith(root, programs)) return Urgency::kPrograms;
  for (const char* rest : {"\\Windows", "\\ProgramData"})
    if (StartsWith(root, rest)) return Urgency::kRest;
  return Urgency::kWorkspace;
}

bool Queue::IsBefore(const Waiting& left, const Waiting& right) {
  // What is to go comes before what is to come: a rollback ends work, it does not make any.
  const auto key = [](const Waiting& one) {
    return std::tuple(one.job.urgency != Urgency::kWaitedFor, one.job.work != Work::kRollback, one.job.urgency,
                      one.order);
  };
  return key(left) < key(right);
}

bool Queue::MayRun(const Waiting& waiting, Moment now) const {
  return !paused_ && !waiting.job.on_hold && waiting.not_before <= now;
}

const Queue::Waiting* Queue::MostWanted(Moment now) const {
  const Waiting* best = nullptr;
  for (const auto& [grant, waiting] : waiting_)
    if (MayRun(waiting, now) && (!best || IsBefore(waiting, *best))) best = &waiting;
  return best;
}

void Queue::Put(const Job& job) {
  const auto [at, is_new] = waiting_.try_emplace(job.grant, Waiting{job, arrived_, {}, 0, std::nullopt, false});
  if (is_new) {
    ++arrived_;
    return;
  }
  Waiting& waiting = at->second;
  waiting.job.urgency = std::min(waiting.job.urgency, job.urgency);
  waiting.job.on_hold = waiting.job.on_hold && job.on_hold;
  waiting.job.index = job.index;
  waiting.not_before = {};
  waiting.failures = 0;
  waiting.cancelled = false;
  if (running_ == job.grant) {
    waiting.again = waiting.again ? std::max(*waiting.again, job.work) : job.work;
  } else {
    // A provision does what a verify does, and repairs.
    const bool keeps =
        waiting.job.work == Work::kRollback || (waiting.job.work == Work::kProvision && job.work == Work::kVerify);
    if (!keeps) waiting.job.work = job.work;
  }
}

void Queue::PutByItself(const Job& job) {
  const auto at = waiting_.find(job.grant);
  if (at == waiting_.end()) return Put(job);
  Waiting& waiting = at->second;
  if (running_ == job.grant)
    waiting.again = waiting.again ? std::max(*waiting.again, job.work) : job.work;
  else if (waiting.job.work == Work::kLook)
    waiting.job.work = job.work;
}

std::optional<Job> Queue::Next(Moment now) {
  if (running_) return std::nullopt;
  const Waiting* best = MostWanted(now);
  if (!best) return std::nullopt;
  running_ = best->job.grant;
  return best->job;
}

void Queue::End(Ended how, Moment now) {
  if (!running_) return;
  const auto at = waiting_.find(*running_);
  running_.reset();
  Waiting& waiting = at->second;
  const std::optional<Work> again = std::exchange(waiting.again, std::nullopt);
  if (waiting.cancelled) {
    waiting_.erase(at);
    return;
  }
  switch (how) {
    case Ended::kStopped:
      if (again == Work::kRollback || (again && waiting.job.work == Work::kLook)) waiting.job.work = *again;
      return;
    case Ended::kFailed:
      waiting.not_before = again ? Moment{} : now + DelayAfter(++waiting.failures);
      if (again == Work::kRollback) waiting.job.work = *again;
      return;
    case Ended::kDone:
      if (!again || waiting.job.work == Work::kRollback) {
        waiting_.erase(at);
        return;
      }
      waiting.job.work = *again;
      waiting.failures = 0;
      waiting.order = arrived_++;
  }
}

std::optional<Job> Queue::Running() const {
  return running_ ? std::optional(waiting_.at(*running_).job) : std::nullopt;
}

bool Queue::ShouldYield(Moment now) const {
  if (!running_) return false;
  const Waiting& current = waiting_.at(*running_);
  if (paused_ || current.job.on_hold || current.cancelled || current.again == Work::kRollback) return true;
  const Waiting* best = MostWanted(now);
  // Between equals nobody gives way: each would stop the other again and again.
  return best && best != &current && IsBefore(*best, current) &&
         (best->job.urgency < current.job.urgency || best->job.work == Work::kRollback);
}

std::optional<Moment> Queue::NextRetry() const {
  std::optional<Moment> soonest;
  if (paused_) return soonest;
  for (const auto& [grant, waiting] : waiting_) {
    if (grant == running_ || waiting.job.on_hold || waiting.not_before == Moment{}) continue;
    if (!soonest || waiting.not_before < *soonest) soonest = waiting.not_before;
  }
  return soonest;
}

bool Queue::Hold(store::GrantId grant) {
  const auto at = waiting_.find(grant);
  if (at == waiting_.end()) return false;
  at->second.job.on_hold = true;
  return true;
}

bool Queue::Release(store::GrantId grant) {
  const auto at = waiting_.find(grant);
  if (at == waiting_.end()) return false;
  at->second.job.on_hold = false;
  at->second.not_before = {};
  return true;
}

bool Queue::Prioritise(store::GrantId grant, Urgency urgency) {
  const auto at = waiting_.find(grant);
  if (at == waiting_.end()) return false;
  at->second.job.urgency = urgency;
  return true;
}

bool Queue::Cancel(store::GrantId grant) {
  const auto at = waiting_.find(grant);
  if (at == waiting_.end()) return false;
  if (running_ == grant)
    at->second.cancelled = true;
  else
    waiting_.erase(at);
  return true;
}

std::vector<Job> Queue::Jobs() const {
  std::vector<Waiting> all;
  for (const auto& [grant, waiting] : waiting_) all.push_back(waiting);
  std::ranges::sort(all, IsBefore);
  std::vector<Job> jobs;
  for (const Waiting& waiting : all) jobs.push_back(waiting.job);
  return jobs;
}

}  // namespace acledger::daemon
