// SPDX-License-Identifier: MIT
#include "store/change_rows.h"

#include "store/rows.h"

namespace acledger::store {
namespace {

constexpr int kLastState = static_cast<int>(ChangeState::kDismissed);
static_assert(kLastState == 8);

}  // namespace

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

std::int64_t SetOf(std::span<const ChangeState> states) {
  std::int64_t set = 0;
  for (const ChangeState state : states) set |= std::int64_t{1} << static_cast<int>(state);
  return set;
}

}  // namespace acledger::store
