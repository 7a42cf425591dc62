// SPDX-License-Identifier: MIT
#include "daemon/service/later_looks.h"

#include <algorithm>
#include <utility>

namespace acledger::daemon {

namespace {

// Looks at everything, one after the other; then the verify has to do.
constexpr unsigned kMostWhole = 6;

}  // namespace

// One that nobody tried since keeps its time.
LaterLooks::Retry LaterLooks::Again(const Retry* before, Moment now) {
  if (before && before->due) return *before;
  const unsigned failures = before ? before->failures + 1 : 1;
  return {failures, now + DelayAfter(failures)};
}

bool LaterLooks::TakeOne(Retry& retry, Moment now) {
  if (!retry.due || *retry.due > now) return false;
  retry.due.reset();
  return true;
}

void LaterLooks::Set(store::GrantId grant, Urgency urgency, const std::vector<scanner::PathComponents>& folders,
                     bool whole, Moment now) {
  const auto at = grants_.find(grant);
  const Grant before = at == grants_.end() ? Grant{} : std::move(at->second);
  Grant after;
  after.urgency = urgency;
  for (const scanner::PathComponents& folder : folders) {
    const auto known = before.folders.find(folder);
    after.folders.insert_or_assign(folder, Again(known == before.folders.end() ? nullptr : &known->second, now));
  }
  if (whole) after.whole = Again(before.whole ? &*before.whole : nullptr, now);
  if (after.whole && after.whole->failures > kMostWhole) after.whole.reset();
  if (after.folders.empty() && !after.whole)
    grants_.erase(grant);
  else
    grants_.insert_or_assign(grant, std::move(after));
}

bool LaterLooks::HasAny(store::GrantId grant, const std::vector<scanner::PathComponents>& folders) const {
  const auto at = grants_.find(grant);
  return at != grants_.end() && std::ranges::any_of(folders, [&at](const scanner::PathComponents& folder) {
           return at->second.folders.contains(folder);
         });
}

std::vector<LaterLooks::Due> LaterLooks::Take(Moment now) {
  std::vector<Due> all;
  for (auto& [id, grant] : grants_) {
    Due due{id, grant.urgency, {}, grant.whole && TakeOne(*grant.whole, now)};
    for (auto& [folder, retry] : grant.folders)
      if (TakeOne(retry, now)) due.folders.push_back(folder);
    if (due.whole || !due.folders.empty()) all.push_back(std::move(due));
  }
  return all;
}

std::optional<Moment> LaterLooks::Next() const {
  std::optional<Moment> soonest;
  const auto look = [&soonest](const Retry& retry) {
    if (retry.due && (!soonest || *retry.due < *soonest)) soonest = retry.due;
  };
  for (const auto& [id, grant] : grants_) {
    if (grant.whole) look(*grant.whole);
    for (const auto& [folder, retry] : grant.folders) look(retry);
  }
  return soonest;
}

}  // namespace acledger::daemon
