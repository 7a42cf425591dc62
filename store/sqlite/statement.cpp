// SPDX-License-Identifier: MIT
#include "store/sqlite/statement.h"

#include <sqlite3.h>

#include "store/sqlite/database.h"

namespace acledger::store::sqlite {

void Statement::Finalizer::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Expected<Statement> Statement::Prepare(Database& database, const char* sql) {
  sqlite3_stmt* raw = nullptr;
  const int result = sqlite3_prepare_v3(database.Handle(), sql, -1, SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
  if (result != SQLITE_OK) return std::unexpected(database.Fail(result, "read ledger"));
  return Statement(raw, database);
}

}  // namespace acledger::store::sqlite
