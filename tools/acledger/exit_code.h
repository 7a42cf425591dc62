// SPDX-License-Identifier: MIT
#pragma once

namespace acledger::tools {

// What `acledger` returns to the system. The values are part of the interface.
enum ExitCode : int {
  kDone = 0,
  kFailuresListed = 1,  // Done, but for what was listed.
  kUsage = 2,           // A wrong command line or configuration; nothing was done.
  kNotPossible = 3,     // No right, no ledger, wrong volume, no output.
  kEntriesRemain = 4,   // A rollback left entries behind. Wins over kFailuresListed.
};

}  // namespace acledger::tools
