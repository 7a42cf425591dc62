// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>
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

  // All of them; of those whose object was missing the ones that returned. A stop leaves the rest for the next
  // run, and the report says so.
  Expected<void> Run();
  // These tombstones of the grant. Where none can be tried, nothing is written; true: one was.
  Expected<bool> Run(std::span<const store::Tombstone> tombstones);
  Expected<void> Run(std::vector<store::Change> changes);  // These alone.

 private:
  void AddReturned(std::span<const store::Tombstone> tombstones, std::vector<store::Change>& changes);
  Expected<void> LookForLost(std::vector<store::Change>& changes);
  Expected<bool> IsAlone();
  Expected<void> Prepare(store::Change& change);
  Expected<void> Record(const std::vector<BatchRunner::Done>& done);
  Expected<void> RecordOne(const BatchRunner::Done& done);
  Expected<void> MovedOn(const BatchRunner::Done& done);
  Expected<void> Reverted(const store::Change& change, store::DescriptorId now);
  Expected<std::optional<std::uint8_t>> OursIn(store::DescriptorId current, const store::Change& change);
  Expected<void> Missing(const BatchRunner::Done& done);
  Expected<void> Fail(const store::Change& change, const char* right, const Error& error);
  std::string PathOf(const store::Change& change) const;

  Environment& environment_;
  GrantContext& context_;
  RollbackReport& report_;
  bool alone_ = true;                 // No other grant has live changes: no object has two records.
  std::vector<store::Change> queue_;  // From the back.
  std::unordered_map<store::ChangeId, int> tries_;
  std::unordered_set<store::ChangeId> drifted_;  // Others had edited the object: a second step takes our entry out.
  std::vector<store::ChangeResult> results_;
  std::uint64_t total_ = 0, done_ = 0;
};

}  // namespace acledger::scanner
