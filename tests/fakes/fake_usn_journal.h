// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <vector>

#include "scanner/usn_journal.h"

namespace acledger::fakes {

// A change journal that holds what the test notes, and lies where the test wants it to.
class FakeUsnJournal final : public scanner::UsnJournal {
 public:
  void Note(const FileId& file, const FileId& parent, std::uint32_t reason) {
    records.push_back({file, parent, state.next, reason, 0, u"name"});
    state.next += 64;
  }

  Expected<scanner::UsnJournalState> Query() override {
    if (fails_query) return std::unexpected(*fails_query);
    return state;
  }
  Expected<scanner::UsnRecords> Read(std::uint64_t id, std::int64_t from) override {
    ++reads;
    if (fails_read) return std::unexpected(*fails_read);
    if (id != state.id || from < state.first)
      return Fail(ErrorKind::kMismatch, "read the change journal", "it has been overwritten");
    scanner::UsnRecords read{from, {}};
    if (stands_still) return read;
    for (const scanner::UsnRecord& record : records) {
      if (record.usn < from || read.records.size() == records_a_read) continue;
      read.records.push_back(record);
      read.next = record.usn + 64;
    }
    if (read.records.empty()) read.next = state.next;
    return read;
  }

  scanner::UsnJournalState state{0xABCD, 0, 1000};
  std::vector<scanner::UsnRecord> records;
  std::size_t records_a_read = 2;
  std::optional<Error> fails_query, fails_read;
  bool stands_still = false;
  int reads = 0;
};

}  // namespace acledger::fakes
