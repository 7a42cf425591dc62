// SPDX-License-Identifier: MIT
#pragma once

#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "scanner/rollback_report.h"
#include "scanner/session.h"

namespace acledger::scanner {

// Takes the recorded changes of one grant back, one by one: recorded first and resumable like the grant itself. What
// inherited from them has no record: see Sweep.
class Revert {
 public:
  Revert(Environment& environment, GrantContext& context, RollbackReport& report);

  Expected<void> Run();                                    // All of them.
  Expected<void> Run(std::vector<store::Change> changes);  // These alone.

 private:
  Expected<void> Prepare(store::Change& change);
  Expected<void> Record(const std::vector<BatchRunner::Done>& done);
  Expected<void> RecordOne(const BatchRunner::Done& done);
  Expected<void> MovedOn(const BatchRunner::Done& done);
  Expected<void> Reverted(const store::Change& change, store::DescriptorId now);
  Expected<std::optional<std::uint8_t>> OursIn(store::DescriptorId current, const store::Change& change);
  Expected<void> Fail(const store::Change& change, const char* right, const Error& error);

  Environment& environment_;
  GrantContext& context_;
  RollbackReport& report_;
  bool alone_ = true;                 // No other grant is in the ledger: no object has two records.
  std::vector<store::Change> queue_;  // From the back.
  std::unordered_map<store::ChangeId, int> tries_;
  std::unordered_set<store::ChangeId> drifted_;  // Others had edited the object: a second step takes our entry out.
  std::vector<store::ChangeResult> results_;
  std::uint64_t total_ = 0, done_ = 0;
};

}  // namespace acledger::scanner
