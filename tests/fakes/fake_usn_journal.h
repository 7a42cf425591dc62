// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "scanner/usn_journal.h"
#include "tests/scanner/usn_bytes.h"

namespace acledger::fakes {

// A change journal that holds what the test notes, as the bytes that a system would hand over, and lies where the test
// wants it to.
class FakeUsnJournal final : public scanner::UsnJournal {
 public:
  static constexpr std::int64_t kRecordSize = 64;

  void Note(const FileId& file, const FileId& parent, std::uint32_t reason) {
    records.push_back({file, parent, state.next, reason, 0, u"name"});
    state.next += kRecordSize;
  }

  Expected<scanner::UsnJournalState> Query() override {
    if (before_query) before_query();
    if (fails_query) return std::unexpected(*fails_query);
    return state;
  }
  Expected<scanner::UsnRecords> Read(std::uint64_t id, std::int64_t from) override {
    ++reads;
    if (fails_read && reads > reads_that_work) return std::unexpected(*fails_read);
    if (id != state.id || from < state.first)
      return Fail(ErrorKind::kMismatch, "read the change journal", "it has been overwritten");
    if (stands_still) return scanner::UsnRecords{from, {}};
    std::vector<std::uint8_t> bytes;
    std::int64_t next = from;
    std::size_t count = 0;
    for (const scanner::UsnRecord& record : records) {
      if (record.usn < from || count == records_a_read) continue;
      const auto one = scanner::UsnBytes(record, version);
      bytes.insert(bytes.end(), one.begin(), one.end());
      next = record.usn + kRecordSize;
      ++count;
    }
    if (count == 0) next = state.next;
    std::vector<std::uint8_t> buffer;
    scanner::PutLittle(buffer, static_cast<std::uint64_t>(next), 8);
    buffer.insert(buffer.end(), bytes.begin(), bytes.end());
    return scanner::ReadUsnBuffer(buffer);
  }

  scanner::UsnJournalState state{0xABCD, 0, 1000};
  std::vector<scanner::UsnRecord> records;
  std::size_t records_a_read = 2;
  std::uint16_t version = 3;
  std::function<void()> before_query;
  std::optional<Error> fails_query, fails_read;
  int reads_that_work = 0;  // Before fails_read.
  bool stands_still = false;
  int reads = 0;
};

}  // namespace acledger::fakes
