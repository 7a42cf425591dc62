// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "scanner/usn_journal.h"

namespace acledger::scanner {

// What a volume's change journal says from one moment on: every change to an object's names, descriptor, attributes or
// reparse point, without a gap, or an error, after which nothing that it said is of use. One thread at a time.
//
// The journal writes each kind of change once until the last handle on the object is closed. So whoever had an object
// open at the beginning, and had changed it before, may change it again without a record: such objects are among the
// first ones told. (But for those whose record has left the journal since: it keeps some 30 MB, hours to days.)
class JournalTail {
 public:
  // From now on. `journal` must outlive it. What the journal fails with; kUnsupported: there is none.
  static Expected<JournalTail> Begin(UsnJournal& journal);

  // The changes since the last call, or the beginning, up to this moment; an object may be there several times.
  // kMismatch: the journal is another one by now, went backwards, or was overwritten before it was read.
  Expected<std::vector<UsnRecord>> Advance();

 private:
  JournalTail(UsnJournal& journal, std::uint64_t id, std::int64_t next) : journal_(&journal), id_(id), next_(next) {}

  UsnJournal* journal_;
  std::uint64_t id_;
  std::int64_t next_;
  std::vector<UsnRecord> told_;  // For the next call.
};

}  // namespace acledger::scanner
