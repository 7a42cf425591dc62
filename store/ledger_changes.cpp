// SPDX-License-Identifier: MIT
#include <algorithm>
#include <limits>

#include "store/change_rows.h"
#include "store/ledger_impl.h"

namespace acledger::store {
namespace {

#define SELECT_CHANGES "SELECT " ACLEDGER_CHANGE_COLUMNS "FROM change "
constexpr char kChangesOfGrant[] =
    SELECT_CHANGES "WHERE grant_id = ?1 AND " ACLEDGER_IN_STATES(2) "ORDER BY folder, id";
constexpr char kChangesAfter[] =
    SELECT_CHANGES "WHERE grant_id = ?1 AND " ACLEDGER_IN_STATES(2) "AND id > ?3 ORDER BY id LIMIT ?4";
constexpr char kLiveChanges[] = SELECT_CHANGES "WHERE file_id = ? AND live = 1 ORDER BY id";
#undef SELECT_CHANGES
// CROSS: from the changes taken back to the live ones of their objects, never the other way round.
constexpr char kDropRepeated[] = R"sql(
DELETE FROM change WHERE id IN (
  SELECT id FROM (
    SELECT change.id AS id, max(change.id) OVER (PARTITION BY principal, mask, file_id, entry_flags) AS last
    FROM change JOIN grant_ ON grant_.id = change.grant_id WHERE change.state = 4 AND grant_.state = 5)
  WHERE id < last
  UNION ALL
  SELECT old.id FROM change AS old CROSS JOIN grant_ AS own ON own.id = old.grant_id
    CROSS JOIN change AS later ON later.file_id = old.file_id AND later.live = 1
    CROSS JOIN grant_ AS its ON its.id = later.grant_id
  WHERE old.state = 4 AND own.state = 5 AND its.state <> 5 AND its.principal = own.principal AND its.mask = own.mask
    AND later.id > old.id AND later.state IN (1, 2) AND later.after <> later.original
    AND later.entry_flags = old.entry_flags)
)sql";
static_assert(static_cast<int>(ChangeState::kApplied) == 1 && static_cast<int>(ChangeState::kFinal) == 2 &&
              static_cast<int>(ChangeState::kReverted) == 4 && static_cast<int>(GrantState::kRolledBack) == 5);

bool IsLive(ChangeState state) {
  return state == ChangeState::kIntent || state == ChangeState::kApplied || state == ChangeState::kFinal ||
         state == ChangeState::kReverting || state == ChangeState::kMissing;
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
    const auto any_tombstone = impl_->db.Number("SELECT EXISTS(SELECT 1 FROM tombstone)");
    if (!any_tombstone) return std::unexpected(any_tombstone.error());
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
      if ((state == ChangeState::kApplied || state == ChangeState::kUndone) && *any_tombstone != 0) {
        if (auto done = impl_->DropTombstones(rest[0].id, rest[length - 1].id); !done) return done;
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

Expected<void> Ledger::Rebind(const Change& change) {
  auto update = impl_->db.Use(
      "UPDATE change SET folder = ?, name = ?, file_id = ?, original = ?, before = ?, after = ? WHERE id = ?");
  update.With(change.folder, std::string_view(change.name), change.file_id, change.original, change.before,
              change.after, change.id);
  return impl_->WriteOne(update, "change", change.id);
}

Expected<void> Ledger::Purge(GrantId grant) {
  return impl_->Atomically([&]() -> Expected<void> {
    for (const char* remove : {"DELETE FROM tombstone WHERE change_id IN (SELECT id FROM change WHERE grant_id = ? AND "
                               "state IN (5, 6))",
                               "DELETE FROM change WHERE grant_id = ? AND state IN (5, 6)"})
      if (auto done = impl_->db.Use(remove).With(grant).Run(); !done) return done;
    return {};
  });
}

Expected<void> Ledger::DropRepeatedReverts() {
  return impl_->Atomically([&]() -> Expected<void> {
    for (const char* remove :
         {kDropRepeated, "DELETE FROM tombstone WHERE NOT EXISTS (SELECT 1 FROM change WHERE id = change_id)"})
      if (auto done = impl_->db.Use(remove).Run(); !done) return done;
    return {};
  });
}

}  // namespace acledger::store
