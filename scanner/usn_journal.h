// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "scanner/usn_record.h"

namespace acledger::scanner {

struct UsnJournalState {
  std::uint64_t id = 0;    // Another one: a new journal, whose numbers mean something else.
  std::int64_t first = 0;  // The oldest record that is still there.
  std::int64_t next = 0;   // Of the record that will be written next.
};

// The seam to a volume's change journal. One thread.
class UsnJournal {
 public:
  virtual ~UsnJournal() = default;

  // kUnsupported: the volume keeps none (or this process may not ask).
  virtual Expected<UsnJournalState> Query() = 0;
  // Records from `from` on, as many as fit; none, and `next` == `from`, at the end. kMismatch: the journal is another
  // one by now, or what is asked for has been overwritten.
  virtual Expected<UsnRecords> Read(std::uint64_t id, std::int64_t from) = 0;
};

}  // namespace acledger::scanner
