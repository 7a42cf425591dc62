// SPDX-License-Identifier: MIT
#include "scanner/catalog/journal_tail.h"

#include <unordered_map>
#include <utility>

#include "scanner/usn_reading.h"

namespace acledger::scanner {
namespace {

constexpr int kTries = 3;

// The last record of each object that somebody has changed and not closed since. Empty: what was to be read first has
// just been overwritten.
Expected<std::unordered_map<FileId, UsnRecord>> OpenObjects(UsnJournal& journal, const UsnJournalState& state) {
  std::unordered_map<FileId, UsnRecord> open;
  const Expected<std::int64_t> read =
      ReadUsn(journal, state.id, state.first, state.next, [&](const UsnRecord& record) -> Expected<void> {
        if (record.reason & kUsnClose)
          open.erase(record.file);
        else
          open.insert_or_assign(record.file, record);
        return {};
      });
  if (!read) return std::unexpected(read.error());
  return open;
}

std::unexpected<Error> Lost(const char* reason) {
  return Fail(ErrorKind::kMismatch, "follow the change journal", reason);
}

}  // namespace

Expected<JournalTail> JournalTail::Begin(UsnJournal& journal) {
  Expected<UsnJournalState> state = journal.Query();
  if (!state) return std::unexpected(state.error());
  JournalTail tail(journal, state->id, state->next);
  for (int tried = 1;; ++tried) {
    Expected<std::unordered_map<FileId, UsnRecord>> open = OpenObjects(journal, *state);
    if (open) {
      for (auto& [id, record] : *open) tail.told_.push_back(std::move(record));
      return tail;
    }
    // Its oldest records go while it is read.
    if (open.error().kind != ErrorKind::kMismatch || tried == kTries) return std::unexpected(open.error());
    state = journal.Query();
    if (!state) return std::unexpected(state.error());
    if (state->id != tail.id_) return Lost("it is another one");
  }
}

Expected<std::vector<UsnRecord>> JournalTail::Advance() {
  const Expected<UsnJournalState> state = journal_->Query();
  if (!state) return std::unexpected(state.error());
  if (state->id != id_) return Lost("it is another one");
  if (state->first > next_) return Lost("it has been overwritten");
  if (state->next < next_) return Lost("it went backwards");
  std::vector<UsnRecord> records = std::exchange(told_, {});
  const Expected<std::int64_t> next =
      ReadUsn(*journal_, id_, next_, state->next, [&records](const UsnRecord& record) -> Expected<void> {
        records.push_back(record);
        return {};
      });
  if (!next) return std::unexpected(next.error());
  next_ = *next;
  return records;
}

}  // namespace acledger::scanner
