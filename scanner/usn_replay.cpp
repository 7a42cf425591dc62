// SPDX-License-Identifier: MIT
#include "scanner/usn_replay.h"

#include <charconv>
#include <optional>
#include <unordered_set>

#include "scanner/opener.h"
#include "scanner/usn_reading.h"

namespace acledger::scanner {
namespace {

struct Place {
  std::uint64_t id = 0;
  std::int64_t next = 0;
};

std::optional<Place> ParsePlace(std::string_view text) {
  Place place;
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const auto id = std::from_chars(begin, end, place.id, 16);
  if (id.ec != std::errc() || id.ptr == end || *id.ptr != ':') return std::nullopt;
  const auto next = std::from_chars(id.ptr + 1, end, place.next);
  if (next.ec != std::errc() || next.ptr != end || place.next < 0) return std::nullopt;
  return place;
}

UsnReplay Missed(UsnReplay replay, std::string why) {
  replay.folders.clear();
  replay.missed = true;
  replay.why = std::move(why);
  return replay;
}

// The folders in which something that matters happened. Empty: the journal cannot tell.
Expected<std::unordered_set<FileId>> ChangedFolders(UsnJournal& journal, Place at, std::int64_t end, std::size_t most) {
  std::unordered_set<FileId> folders;
  const Expected<std::int64_t> read =
      ReadUsn(journal, at.id, at.next, end, [&](const UsnRecord& record) -> Expected<void> {
        folders.insert(record.parent);
        if (folders.size() <= most) return {};
        return Fail(ErrorKind::kTooLarge, "read the change journal", "too many folders changed");
      });
  if (!read) return std::unexpected(read.error());
  return folders;
}

}  // namespace

std::string FormatUsnPlace(const UsnJournalState& state) {
  char text[40];
  const auto id = std::to_chars(text, text + sizeof text, state.id, 16);
  return std::string(text, id.ptr) + ":" + std::to_string(state.next);
}

Expected<UsnReplay> ReplayUsn(UsnJournal& journal, Volume& volume, std::string_view place, std::size_t most_folders) {
  UsnReplay replay;
  const Expected<UsnJournalState> state = journal.Query();
  if (!state) return Missed(replay, state.error().ToString());
  replay.place = FormatUsnPlace(*state);
  const std::optional<Place> from = ParsePlace(place);
  if (!from)
    return Missed(replay, place.empty() ? "no earlier run left its place" : "the place that was left is damaged");
  if (from->id != state->id) return Missed(replay, "the change journal is another one");
  if (from->next < state->first) return Missed(replay, "the change journal has been overwritten");
  if (from->next > state->next) return Missed(replay, "the place that was left lies behind the journal's end");
  const Expected<std::unordered_set<FileId>> folders = ChangedFolders(journal, *from, state->next, most_folders);
  if (!folders) return Missed(replay, folders.error().ToString());
  for (const FileId& id : *folders) {
    Expected<std::optional<PathComponents>> path = PathById(volume, id);
    if (!path) return Missed(replay, path.error().ToString());
    if (*path) replay.folders.push_back(std::move(**path));
  }
  return replay;
}

}  // namespace acledger::scanner
