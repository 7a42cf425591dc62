// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include "security/error.h"
#include "store/ledger.h"
#include "store/sqlite/database.h"

namespace acledger::store {

// A ledger's file, open and looked at.
struct OpenedLedger {
  std::string path;
  OpenOutcome outcome = OpenOutcome::kOpened;
  std::string moved_to;
  bool replaces_damaged = false;
  bool read_only = false;
  // Holds the lock on PATH.lock for as long as it lives: one writer. The system frees it when the process dies. Null
  // for a reader.
  std::unique_ptr<sqlite::Database> lock;
  std::unique_ptr<sqlite::Database> database;
};

// Ledger::Open() without the Ledger. What happens to the file, for a writer:
//   missing, or without any grant   OpenOptions::seed, if there is one
//   missing                         made (as PATH.new, then renamed: PATH is always whole)
//   empty, or not SQLite's          moved to PATH.damaged-N with its -wal and -shm, a new one made
//   marked by a run that met damage, or damaged at first sight    the same
//   missing, but the mark is there  a new one made in place of the damaged one, which went before
//   after an unclean stop           its tables of changes and descriptors are checked; damaged: the same
//   SQLite's, but not a ledger      refused, not touched
// A reader never changes anything.
Expected<OpenedLedger> OpenLedgerFile(const std::string& path, const OpenOptions& options);

// Leaves a mark, PATH.damaged, beside the ledger: the next writer moves it aside. The mark goes when the new one is
// made.
void MarkDamaged(const std::string& path);

}  // namespace acledger::store
