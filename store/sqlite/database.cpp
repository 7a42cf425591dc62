// SPDX-License-Identifier: MIT
#include "store/sqlite/database.h"

#include <sqlite3.h>

#include <utility>

#include "store/sqlite/failure.h"
#include "store/sqlite/query.h"

namespace acledger::store::sqlite {
namespace {

constexpr int kBusyMilliseconds = 2000;

int FlagsOf(OpenMode mode) {
  // A connection belongs to one thread at a time (ledger.h), so SQLite's own mutex would be paid for nothing.
  const int common = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  switch (mode) {
    case OpenMode::kReadOnly:
      return common | SQLITE_OPEN_READONLY;
    case OpenMode::kImmutable:
      return common | SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
    case OpenMode::kWrite:
      return common | SQLITE_OPEN_READWRITE;
    case OpenMode::kCreate:
      return common | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  }
  return common;
}

// The path as a URI (https://sqlite.org/uri.html), since only a URI can carry this option.
std::string ImmutableUri(const std::string& path) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  // An authority, empty, before an absolute path; "/C:/x" is what SQLite wants for a drive.
  const bool drive = path.size() > 1 && path[1] == ':';
  std::string uri = drive ? "file:///" : path.starts_with('/') ? "file://" : "file:";
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '%' || c == '?' || c == '#' || byte < 0x20) {
      uri += {'%', kHex[byte >> 4], kHex[byte & 15]};
    } else {
      uri += c;
    }
  }
  return uri + "?immutable=1";
}

int CountWalPages(void* pages, sqlite3*, const char*, int count) {
  *static_cast<int*>(pages) = count;
  return SQLITE_OK;
}

}  // namespace

void Database::Closer::operator()(sqlite3* db) const { sqlite3_close(db); }

Expected<std::unique_ptr<Database>> Database::Open(const std::string& path, OpenMode mode) {
  std::unique_ptr<Database> database(new Database(path));
  sqlite3* raw = nullptr;
  const std::string name = mode == OpenMode::kImmutable ? ImmutableUri(path) : path;
  const int result = sqlite3_open_v2(name.c_str(), &raw, FlagsOf(mode), nullptr);
  database->db_.reset(raw);  // Also on a failure there is a handle to close.
  if (result != SQLITE_OK) return std::unexpected(database->Fail(result, "open ledger"));
  // Where it may not write, SQLite opens for reading instead, and a lock on such a file keeps nobody out.
  const bool to_write = mode == OpenMode::kWrite || mode == OpenMode::kCreate;
  if (to_write && sqlite3_db_readonly(raw, "main") != 0) {
    return std::unexpected(Error{ErrorKind::kDenied, "open ledger", path, 0, "it cannot be opened for writing"});
  }
  database->SetPatience(kBusyMilliseconds);
  database->Harden();
  return database;
}

void Database::Harden() {
  // A forged file must not run anything of its own: no triggers, no views, no functions with effects from the schema.
  sqlite3_db_config(db_.get(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(db_.get(), SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(db_.get(), SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
  sqlite3_db_config(db_.get(), SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  // Plans may not depend on bound values: SQLite would parse such statements again at each new value (20 times the
  // cost).
  sqlite3_db_config(db_.get(), SQLITE_DBCONFIG_ENABLE_QPSG, 1, nullptr);
  // Replaces the automatic checkpoint, which would run inside a commit.
  sqlite3_wal_hook(db_.get(), CountWalPages, &wal_pages_);
}

void Database::SetPatience(int milliseconds) { sqlite3_busy_timeout(db_.get(), milliseconds); }

Error Database::Fail(int result, const char* operation) {
  Error error = MakeError(db_.get(), result, operation, path_);
  if (error.kind == ErrorKind::kCorrupt) damaged_ = true;
  return error;
}

void Database::KeepLogOnClose() { sqlite3_db_config(db_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr); }

Expected<void> Database::Execute(const char* sql, const char* operation) {
  const int result = sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr);
  if (result != SQLITE_OK) return std::unexpected(Fail(result, operation));
  return {};
}

Expected<std::int64_t> Database::Number(const char* sql) {
  Query query(Statement::Prepare(*this, sql));
  auto row = query.Next();
  if (!row) return std::unexpected(row.error());
  if (!*row)
    return std::unexpected(Error{ErrorKind::kCorrupt, "read ledger", path_, 0, std::string("no row for ") + sql});
  return query.Int(0);
}

Query Database::Use(const char* sql) {
  auto found = statements_.find(sql);
  if (found == statements_.end()) {
    auto statement = Statement::Prepare(*this, sql);
    if (!statement) return Query(std::unexpected(statement.error()));
    found = statements_.emplace(sql, *std::move(statement)).first;
  }
  return Query(found->second);
}

std::int64_t Database::LastInsertId() const { return sqlite3_last_insert_rowid(db_.get()); }

std::int64_t Database::Changed() const { return sqlite3_changes64(db_.get()); }

std::int64_t Database::TotalChanged() const { return sqlite3_total_changes64(db_.get()); }

bool Database::InTransaction() const { return sqlite3_get_autocommit(db_.get()) == 0; }

Expected<void> Database::Checkpoint(bool truncate) {
  int left = 0, copied = 0;
  const int mode = truncate ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE;
  const int result = sqlite3_wal_checkpoint_v2(db_.get(), nullptr, mode, &left, &copied);
  if (result != SQLITE_OK) return std::unexpected(Fail(result, "checkpoint ledger"));
  // A log that is copied whole starts anew with the next commit.
  if (left >= 0) wal_pages_ = left == copied ? 0 : left;
  return {};
}

}  // namespace acledger::store::sqlite
