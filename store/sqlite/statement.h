// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "security/error.h"

struct sqlite3_stmt;

namespace acledger::store::sqlite {

class Database;

// Owns one prepared statement. Must go before its connection.
class Statement {
 public:
  static Expected<Statement> Prepare(Database& database, const char* sql);

  sqlite3_stmt* Get() const { return statement_.get(); }
  Database& Owner() const { return *database_; }

 private:
  struct Finalizer {
    void operator()(sqlite3_stmt* statement) const;
  };

  Statement(sqlite3_stmt* statement, Database& database) : statement_(statement), database_(&database) {}

  std::unique_ptr<sqlite3_stmt, Finalizer> statement_;
  Database* database_;
};

}  // namespace acledger::store::sqlite
