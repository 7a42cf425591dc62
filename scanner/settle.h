// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "scanner/adoption.h"

namespace acledger::scanner {

struct SettleReport {
  std::uint64_t looked_at = 0;
  std::uint64_t completed = 0;  // Intents that had not been applied (or not taken back) and now are.
  std::uint64_t abandoned = 0;  // The object had changed or gone: nothing of ours is there.
  std::uint64_t failed = 0;  // Could not be asked: an intent, and what was to be taken back, stays for the next time.
  std::optional<AdoptionReport> adopted = {};  // The ledger came with the volume, and was made this volume's now.
};

// After an unclean stop, or a job that failed: asks each object whose change was not known to be final what it holds,
// and finishes. Holds the change's `before`: to do; its `after`: done; something else: ours if our entry is there, else
// abandoned. The same for changes that were being taken back, but for a rollback that was broken off: that goes on by
// itself, from the intents too. A row that says what no grant could have wanted is refused. Safe to call at any start:
// without such changes it does nothing. Nothing is final before FlushAndFinalize(), which belongs after the last grant.
Expected<SettleReport> Settle(Environment& environment, GrantContext& context);

}  // namespace acledger::scanner
