// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "store/ledger.h"

namespace acledger::scanner {

// What a descriptor that was just written means for the records of the same object: at most one change of a grant stays
// live on it, and the changes of other grants go on from what it holds now. Inside a ledger transaction; `results` are
// to be recorded in the same one.

// `change` was applied, and older intents of its grant are history. A change that takes an entry away (it does not add
// one) is closed at once.
Expected<void> RecordApplied(store::Ledger& ledger, const store::Change& change,
                             std::vector<store::ChangeResult>& results);

// `change` was taken back; the object holds `now`. The records of others stay where that was so before (kReverted).
Expected<void> RecordReverted(store::Ledger& ledger, const store::Change& change, store::DescriptorId now,
                              std::vector<store::ChangeResult>& results);

// `change` could not be taken back, and why: it stays recorded as a tombstone, from the first time that this is said.
Expected<void> Entomb(store::Ledger& ledger, const store::Change& change, const std::string& path, const char* right,
                      const Error& error);

// `writer` is about to write: what other unfinished grants have planned rests on descriptors that may change.
Expected<void> RescanOthers(store::Ledger& ledger, const store::Grant& writer);

}  // namespace acledger::scanner
