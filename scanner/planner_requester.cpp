// SPDX-License-Identifier: MIT
#include "scanner/planner.h"

namespace acledger::scanner {

// What the grant's requester may not change is left alone; an entry of ours that is there, and would have to be another
// one, goes.
std::optional<store::Change> Planner::RefuseToRequester(Pending& pending, const Standing& standing,
                                                        Decision& decision) const {
  decision = {false, 0, store::Verdict::kDenied, store::Reason::kNotRequesters};
  if (!standing.live || !standing.holds_ours) return std::nullopt;
  pending.verdict_without = decision.verdict;
  pending.reason_without = decision.reason;
  return MakeChange(pending, standing, standing.live->flags, standing.bare);
}

}  // namespace acledger::scanner
