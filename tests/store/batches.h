// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "store/ledger.h"

namespace acledger::store {

// Writes numbered batches, each in one transaction as the engine makes it: the results of the batch before, a folder
// with its names, a descriptor, intents.
class Batches {
 public:
  Batches() = default;
  // Goes on where an earlier run stopped.
  explicit Batches(Ledger& ledger);

  Expected<void> Write(Ledger& ledger, unsigned number);

 private:
  std::vector<ChangeResult> results_;
};

// The number of whole batches in the ledger; fails the test if there is anything else. Nothing: the test has failed.
unsigned WholeBatches(Ledger& ledger);

}  // namespace acledger::store
