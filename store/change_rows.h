// SPDX-License-Identifier: MIT
#pragma once

#include "store/ledger.h"
#include "store/sqlite/query.h"

// What ReadChange() reads from, in this order; a macro, since statements are joined from literals.
#define ACLEDGER_CHANGE_COLUMNS                                                                                    \
  "id, grant_id, folder, name, file_id, is_folder, entry_flags, original, before, after, revert_from, revert_to, " \
  "state "
// A state that is never stored is among the answers to every question, and refused when it is read: none is passed
// over. ?N: SetOf().
#define ACLEDGER_IN_STATES(N) "((1 << state) & ?" #N " OR state NOT BETWEEN 0 AND 8) "

namespace acledger::store {

inline constexpr int kChangeColumns = 13;

// kCorrupt: a value that is never stored.
Expected<Change> ReadChange(const sqlite::Query& row);

std::int64_t SetOf(std::span<const ChangeState> states);

}  // namespace acledger::store
