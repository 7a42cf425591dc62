// SPDX-License-Identifier: MIT
#include <algorithm>
#include <limits>

#include "store/ledger_impl.h"
#include "store/rows.h"

namespace acledger::store {
namespace {

#define CHANGE_COLUMNS                                                                                         \
  "SELECT id, grant_id, folder, name, file_id, is_folder, entry_flags, original, before, after, revert_from, " \
  "revert_to, state FROM change "
// A state that is never stored is among the answers to every question, and refused when it is read: none is passed
// over.
#define IN_STATES "((1 << state) & ?2 OR state NOT BETWEEN 0 AND 6) "
constexpr char kChangesOfGrant[] = CHANGE_COLUMNS "WHERE grant_id = ?1 AND " IN_STATES "ORDER BY folder, id";
constexpr char kChangesAfter[] = CHANGE_COLUMNS "WHERE grant_id = ?1 AND " IN_STATES "AND id > ?3 ORDER BY id LIMIT ?4";
#undef IN_STATES
constexpr char kLiveChanges[] = CHANGE_COLUMNS "WHERE file_id = ? AND live = 1 ORDER BY id";
#undef CHANGE_COLUMNS

constexpr int kLastState = static_cast<int>(ChangeState::kAbandoned);
static_assert(kLastState == 6);

bool IsLive(ChangeState state) {
  return state == ChangeState::kIntent || state == ChangeState::kApplied || state == ChangeState::kFinal ||
         state == ChangeState::kReverting;
}

std::int64_t SetOf(std::span<const ChangeState> states) {
  std::int64_t set = 0;
  for (const ChangeState state : states) set |= std::int64_t{1} << static_cast<int>(state);
  return set;
}

Expected<Change> ReadChange(const sqlite::Query& row) {
  Change change;
  change.id = row.Int(0);
  change.grant = row.Int(1);
  change.folder = row.Int(2);
  change.name = row.Text(3);
  const auto file_id = row.Id(4);
  if (!file_id) return BadRow(row, "change", change.id, "file_id");
  change.file_id = *file_id;
  change.is_folder = row.Int(5) != 0;
  change.entry_flags = static_cast<std::uint8_t>(row.Int(6));
  change.original = row.Int(7);
  change.before = row.Int(8);
  change.after = row.Int(9);
  change.revert_from = row.Int(10);
  change.revert_to = row.Int(11);
  if (row.Int(12) < 0 || row.Int(12) > kLastState) return BadRow(row, "change", change.id, "state");
  change.state = static_cast<ChangeState>(row.Int(12));
  return change;
}

Expected<std::vector<Change>> ReadChanges(sqlite::Query& query) {
  std::vector<Change> changes;
  auto done = query.Each([&]() -> Expected<void> {
    auto change = ReadChange(query);
    if (!change) return std::unexpected(change.error());
    changes.push_back(*std::move(change));
    return {};
  });
  if (!done) return std::unexpected(done.error());
  return changes;
}

// The length of the run at the front of `results` that one statement can write: the same state, ids one after the
// other.
std::size_t RunLength(std::span<const ChangeResult> results) {
  std::size_t length = 1;
  while (length < results.size() && results[length].state == results[0].state &&
         results[length].id == results[length - 1].id + 1) {
    ++length;
  }
  return length;
}

}  // namespace

Expected<void> Ledger::RecordIntents(std::span<Change> changes) {
  return impl_->Atomically([&]() -> Expected<void> {
    auto insert = impl_->db.Use(
        "INSERT INTO change(grant_id, folder, name, file_id, is_folder, entry_flags, original, before, after, "
        "revert_from, revert_to, state, live) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, 1)");
    for (Change& change : changes) {
      insert.With(change.grant, change.folder, std::string_view(change.name), change.file_id, change.is_folder,
                  change.entry_flags, change.original, change.before, change.after);
      if (auto done = insert.Run(); !done) return done;
      insert.Again();
      change.id = impl_->db.LastInsertId();
      change.state = ChangeState::kIntent;
      change.revert_from = change.revert_to = 0;
    }
    return {};
  });
}

Expected<void> Ledger::RecordResults(std::span<const ChangeResult> results) {
  return impl_->Atomically([&]() -> Expected<void> {
    for (auto rest = results; !rest.empty();) {
      const std::size_t length = RunLength(rest);
      const ChangeState state = rest[0].state;
      // `live` is written only where it changes: the index on it is not touched otherwise.
      auto update = impl_->db.Use(IsLive(state) ? "UPDATE change SET state = ? WHERE id BETWEEN ? AND ?"
                                                : "UPDATE change SET state = ?, live = 0 WHERE id BETWEEN ? AND ?");
      update.With(state, rest[0].id, rest[length - 1].id);
      if (auto done = update.Run(); !done) return done;
      if (static_cast<std::size_t>(impl_->db.Changed()) != length) return impl_->Missing("change", rest[0].id);
      if (IsLive(state)) {
        if (auto done = impl_->Revive(rest[0].id, rest[length - 1].id); !done) return done;
      }
      if (state == ChangeState::kApplied || state == ChangeState::kReverted) {
        impl_->NoteUnflushed(rest[0].id, rest[length - 1].id);
      }
      rest = rest.subspan(length);
    }
    return {};
  });
}

Expected<void> Ledger::Impl::Revive(ChangeId first, ChangeId last) {
  auto update = db.Use("UPDATE change SET live = 1 WHERE id BETWEEN ? AND ? AND live = 0");
  return update.With(first, last).Run();
}

void Ledger::Impl::NoteUnflushed(ChangeId first, ChangeId last) {
  if (!unflushed) return;  // Everything is looked at anyway.
  unflushed->first = std::min(unflushed->first, first);
  unflushed->second = std::max(unflushed->second, last);
}

Expected<void> Ledger::RecordReverts(std::span<const Change> changes) {
  return impl_->Atomically([&]() -> Expected<void> {
    auto update = impl_->db.Use("UPDATE change SET state = ?, revert_from = ?, revert_to = ?, live = 1 WHERE id = ?");
    for (const Change& change : changes) {
      update.With(ChangeState::kReverting, change.revert_from, change.revert_to, change.id);
      if (auto done = update.Run(); !done) return done;
      update.Again();
      if (impl_->db.Changed() == 0) return impl_->Missing("change", change.id);
    }
    return {};
  });
}

Expected<void> Ledger::FinalizeFlushed() {
  constexpr ChangeId kMax = std::numeric_limits<ChangeId>::max();
  const auto [first, last] = impl_->unflushed.value_or(std::pair<ChangeId, ChangeId>(0, kMax));
  if (first > last) return {};
  auto done = impl_->Atomically([&]() -> Expected<void> {
    auto update =
        impl_->db.Use("UPDATE change SET state = iif(state = 1, 2, 5) WHERE id BETWEEN ? AND ? AND state IN (1, 4)");
    return update.With(first, last).Run();
  });
  if (done) impl_->unflushed.emplace(kMax, 0);  // Forgotten again by RollBack().
  return done;
}

Expected<std::vector<Change>> Ledger::Changes(GrantId grant, std::span<const ChangeState> states) {
  auto query = impl_->db.Use(kChangesOfGrant);
  return ReadChanges(query.With(grant, SetOf(states)));
}

Expected<std::vector<Change>> Ledger::ChangesAfter(GrantId grant, std::span<const ChangeState> states,
                                                   ChangeId after_id, std::size_t limit) {
  auto query = impl_->db.Use(kChangesAfter);
  return ReadChanges(query.With(grant, SetOf(states), after_id, limit));
}

Expected<std::vector<Change>> Ledger::LiveChangesOf(const FileId& id) {
  auto query = impl_->db.Use(kLiveChanges);
  return ReadChanges(query.With(id));
}

Expected<void> Ledger::SetAfter(ChangeId id, DescriptorId after) {
  auto update = impl_->db.Use("UPDATE change SET after = ? WHERE id = ?");
  update.With(after, id);
  return impl_->WriteOne(update, "change", id);
}

Expected<void> Ledger::Purge(GrantId grant) {
  auto remove = impl_->db.Use("DELETE FROM change WHERE grant_id = ? AND state IN (5, 6)");
  remove.With(grant);
  return impl_->Write(remove);
}

}  // namespace acledger::store
