// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "security/error.h"
#include "store/sqlite/statement.h"

struct sqlite3;

namespace acledger::store::sqlite {

class Query;

enum class OpenMode : std::uint8_t {
  kReadOnly,
  kImmutable,  // Read-only, and no one else writes: no locks, no -wal, no -shm. For a folder that cannot be written.
  kWrite,      // The file must exist.
  kCreate,     // Made if it is not there.
};

// One connection, and the statements that were prepared on it. One thread at a time.
class Database {
 public:
  // `path` is UTF-8. Does not read the file yet: damage and locks show at the first statement.
  static Expected<std::unique_ptr<Database>> Open(const std::string& path, OpenMode mode);
  ~Database() = default;
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  const std::string& Path() const { return path_; }
  sqlite3* Handle() const { return db_.get(); }

  // How long a statement waits for another connection's lock.
  void SetPatience(int milliseconds);

  // The Error for a result code of a call on this connection.
  Error Fail(int result, const char* operation);
  // SQLite has met damage in the file, or somebody else has and said so.
  bool IsDamaged() const { return damaged_; }
  void NoteDamage() { damaged_ = true; }
  // Closing leaves the log as it is: the files are wanted as they are.
  void KeepLogOnClose();

  // Runs statements that give no rows, separated by semicolons. `operation` names them in an error.
  Expected<void> Execute(const char* sql, const char* operation);

  // One value of one row: a pragma or a count.
  Expected<std::int64_t> Number(const char* sql);

  // The prepared statement for `sql`, kept for the next time. `sql` must be a literal: its address is the key. A
  // failure to prepare shows when the query runs. Only one Query on a given literal may be alive.
  Query Use(const char* sql);

  std::int64_t LastInsertId() const;
  std::int64_t Changed() const;       // Rows changed by the last statement.
  std::int64_t TotalChanged() const;  // Rows changed since opening.
  bool InTransaction() const;

  // Pages in the write-ahead log after the last commit.
  int WalPages() const { return wal_pages_; }
  // Copies what it can from the log into the file without waiting for anyone; `truncate`: waits for readers, and
  // empties the log.
  Expected<void> Checkpoint(bool truncate);

 private:
  struct Closer {
    void operator()(sqlite3* db) const;
  };

  explicit Database(std::string path) : path_(std::move(path)) {}
  void Harden();

  std::string path_;
  bool damaged_ = false;
  int wal_pages_ = 0;
  std::unique_ptr<sqlite3, Closer> db_;  // Before the statements: they are finalized first.
  std::unordered_map<const char*, Statement> statements_;
};

}  // namespace acledger::store::sqlite
