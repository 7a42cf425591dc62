// SPDX-License-Identifier: MIT
#pragma once

#include <unordered_set>

#include "scanner/session.h"
#include "scanner/sweep.h"

namespace acledger::scanner {

// Each change counts once.
struct RollbackReport {
  std::uint64_t restored = 0;      // Held what we left: holds the recorded original again, read back.
  std::uint64_t stripped = 0;      // No record of its own (inherited or moved): our entry was taken out.
  std::uint64_t already_gone = 0;  // The object, or our entry on it, was gone.
  std::uint64_t drifted = 0;       // Others had edited it: our entry was taken out, their edits stay.
  std::uint64_t failed = 0;        // Could not be taken back: the record stays, the next rollback tries again.
  std::uint64_t remaining = 0;     // Entries found by the final scan.
  std::uint64_t scanned = 0;       // Objects that the final scan looked at.
  std::uint64_t unreadable = 0;    // Objects that it could not look at.
  std::uint64_t writes = 0;
  std::vector<std::string> examples;  // Of the remaining ones.
  bool complete = false;              // false: stopped, or something failed or remains: the grant is kept.

  RollbackReport& operator+=(const RollbackReport& other);
};

// Takes one grant back: every change, then everything that inherited from it, and proves by a scan of the whole volume
// that no entry is left. Recorded first and resumable like the grant itself. Settle() first.
class Rollback {
 public:
  Rollback(Environment& environment, GrantContext& context);

  Expected<RollbackReport> Run();

 private:
  Expected<void> RevertAll();
  Expected<void> Prepare(store::Change& change);
  Expected<void> Record(const std::vector<BatchRunner::Done>& done);
  Expected<void> RecordOne(const BatchRunner::Done& done);
  Expected<void> MovedOn(const BatchRunner::Done& done);
  Expected<void> Reverted(const store::Change& change, store::DescriptorId now);
  Expected<std::optional<std::uint8_t>> OursIn(store::DescriptorId current, const store::Change& change);
  Expected<void> Fail(const store::Change& change, const char* right, const Error& error);
  Expected<void> Prove();

  Environment& environment_;
  GrantContext& context_;
  bool alone_ = true;                 // No other grant is in the ledger: no object has two records.
  std::vector<store::Change> queue_;  // From the back.
  std::unordered_map<store::ChangeId, int> tries_;
  std::unordered_set<store::ChangeId> drifted_;  // Others had edited the object: a second step takes our entry out.
  std::vector<store::ChangeResult> results_;
  std::uint64_t total_ = 0, done_ = 0;
  RollbackReport report_;
};

}  // namespace acledger::scanner
