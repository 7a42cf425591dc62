// SPDX-License-Identifier: MIT
#include "store/sqlite/backup.h"

#include <sqlite3.h>

namespace acledger::store::sqlite {

Expected<void> BackUp(Database& from, Database& to) {
  sqlite3_backup* backup = sqlite3_backup_init(to.Handle(), "main", from.Handle(), "main");
  if (backup == nullptr) return std::unexpected(to.Fail(sqlite3_errcode(to.Handle()), "copy ledger"));
  const int stepped = sqlite3_backup_step(backup, -1);
  const int finished = sqlite3_backup_finish(backup);
  if (stepped != SQLITE_DONE) return std::unexpected(to.Fail(stepped, "copy ledger"));
  if (finished != SQLITE_OK) return std::unexpected(to.Fail(finished, "copy ledger"));
  return {};
}

}  // namespace acledger::store::sqlite
