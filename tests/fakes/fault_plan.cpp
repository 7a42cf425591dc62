// SPDX-License-Identifier: MIT
#include "tests/fakes/fault_plan.h"

namespace acledger::fakes {

FaultPlan::Decision FaultPlan::Next(Call call, const std::function<bool(std::u16string_view)>& is_at) {
  Decision decision;
  for (Pending& pending : faults_) {
    const Fault& fault = pending.fault;
    if (fault.call != call || (!fault.path.empty() && !is_at(fault.path))) continue;
    ++pending.seen;
    if (decision.effect != Effect::kNone || pending.hit >= fault.times || pending.seen <= fault.skip) continue;
    if ((pending.seen - fault.skip) % fault.every != 0) continue;
    ++pending.hit;
    decision = {fault.effect, fault.error};
  }
  return decision;
}

}  // namespace acledger::fakes
