// SPDX-License-Identifier: MIT
// Changes that could not be taken back, and what became of them.
#include "store/change_rows.h"
#include "store/ledger_impl.h"
#include "store/rows.h"

namespace acledger::store {
namespace {

static_assert(static_cast<int>(ChangeState::kReverting) == 3 && static_cast<int>(ChangeState::kMissing) == 7 &&
              static_cast<int>(ChangeState::kDismissed) == 8);

// CROSS: from the few tombstones to their changes, never the other way round.
constexpr char kSelect[] =
    "SELECT " ACLEDGER_CHANGE_COLUMNS
    ", path, right_, kind, operation, code, reason, since, proved, dismissed, dismissed_by FROM "
    "tombstone CROSS JOIN change ON change.id = tombstone.change_id WHERE " ACLEDGER_IN_STATES(1) "ORDER BY change_id";
constexpr char kCount[] =
    "SELECT grant_id, sum(state = 7), sum(state = 3), sum(state = 8) FROM tombstone CROSS JOIN change ON change.id = "
    "tombstone.change_id WHERE state IN (3, 7, 8) GROUP BY grant_id";
constexpr char kAdd[] =
    "INSERT INTO tombstone(change_id, path, right_, kind, operation, code, reason, since) VALUES(?, ?, ?, ?, ?, ?, ?, "
    "?) ON CONFLICT(change_id) DO UPDATE SET right_ = excluded.right_, kind = excluded.kind, operation = "
    "excluded.operation, code = excluded.code, reason = excluded.reason";
constexpr char kProved[] =
    "UPDATE tombstone SET proved = 1 WHERE EXISTS (SELECT 1 FROM change WHERE change.id = tombstone.change_id AND "
    "grant_id = ? AND state = 3)";
constexpr char kDismiss[] =
    "UPDATE change SET state = 8, live = 0 WHERE id = ?1 AND state IN (3, 7) AND EXISTS (SELECT 1 FROM tombstone WHERE "
    "change_id = ?1)";

Expected<Tombstone> ReadTombstone(const sqlite::Query& row) {
  Tombstone tombstone;
  Expected<Change> change = ReadChange(row);
  if (!change) return std::unexpected(change.error());
  tombstone.change = *std::move(change);
  constexpr int at = kChangeColumns;
  tombstone.path = row.Text(at);
  tombstone.right = row.Text(at + 1);
  const std::int64_t kind = row.Int(at + 2);
  if (kind < 0 || kind > static_cast<std::int64_t>(ErrorKind::kIo))
    return BadRow(row, "tombstone", tombstone.change.id, "kind");
  tombstone.error = {static_cast<ErrorKind>(kind),
                     std::string(row.Text(at + 3)),
                     {},
                     static_cast<std::uint32_t>(row.Int(at + 4)),
                     std::string(row.Text(at + 5))};
  tombstone.since = row.Int(at + 6);
  tombstone.proved = row.Int(at + 7) != 0;
  tombstone.dismissed = row.Int(at + 8);
  tombstone.dismissed_by = row.Text(at + 9);
  return tombstone;
}

}  // namespace

Expected<void> Ledger::AddTombstone(const Tombstone& tombstone) {
  const Error& error = tombstone.error;
  auto add = impl_->db.Use(kAdd);
  add.With(tombstone.change.id, std::string_view(tombstone.path), std::string_view(tombstone.right), error.kind,
           std::string_view(error.operation), error.code, std::string_view(error.reason), tombstone.since);
  return impl_->Write(add);
}

Expected<std::vector<Tombstone>> Ledger::Tombstones(std::span<const ChangeState> states) {
  std::vector<Tombstone> tombstones;
  auto query = impl_->db.Use(kSelect);
  auto done = query.With(SetOf(states)).Each([&]() -> Expected<void> {
    Expected<Tombstone> one = ReadTombstone(query);
    if (!one) return std::unexpected(one.error());
    tombstones.push_back(*std::move(one));
    return {};
  });
  if (!done) return std::unexpected(done.error());
  return tombstones;
}

Expected<std::vector<TombstoneCounts>> Ledger::CountTombstones() {
  std::vector<TombstoneCounts> counts;
  auto query = impl_->db.Use(kCount);
  auto done = query.Each([&]() -> Expected<void> {
    const auto number = [&](int column) { return static_cast<std::uint64_t>(query.Int(column)); };
    counts.push_back({query.Int(0), number(1), number(2), number(3)});
    return {};
  });
  if (!done) return std::unexpected(done.error());
  return counts;
}

Expected<void> Ledger::MarkProved(GrantId grant) {
  auto update = impl_->db.Use(kProved);
  return impl_->Write(update.With(grant));
}

Expected<void> Ledger::Dismiss(ChangeId id, std::string_view by, std::int64_t when) {
  return InTransaction([&]() -> Expected<void> {
    auto dismiss = impl_->db.Use(kDismiss);
    dismiss.With(id);
    if (auto done = impl_->WriteOne(dismiss, "tombstone of change", id); !done) return done;
    auto note = impl_->db.Use("UPDATE tombstone SET dismissed = ?, dismissed_by = ? WHERE change_id = ?");
    return impl_->Write(note.With(when, by, id));
  });
}

Expected<void> Ledger::Impl::DropTombstones(ChangeId first, ChangeId last) {
  auto remove = db.Use("DELETE FROM tombstone WHERE change_id BETWEEN ? AND ?");
  return remove.With(first, last).Run();
}

}  // namespace acledger::store
