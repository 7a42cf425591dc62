// SPDX-License-Identifier: MIT
#include "scanner/usn_reading.h"

namespace acledger::scanner {

Expected<std::int64_t> ReadUsn(UsnJournal& journal, std::uint64_t id, std::int64_t from, std::int64_t to,
                               const std::function<Expected<void>(const UsnRecord&)>& take) {
  while (from < to) {
    const Expected<UsnRecords> read = journal.Read(id, from);
    if (!read) return std::unexpected(read.error());
    if (read->unknown > 0)
      return Fail(ErrorKind::kUnsupported, "read the change journal", "it holds records of a version not known here");
    for (const UsnRecord& record : read->records) {
      if ((record.reason & kUsnThatMatter) == 0) continue;
      if (Expected<void> taken = take(record); !taken) return std::unexpected(taken.error());
    }
    // It would be read for ever.
    if (read->next <= from) return Fail(ErrorKind::kCorrupt, "read the change journal", "it does not advance");
    from = read->next;
  }
  return from;
}

}  // namespace acledger::scanner
