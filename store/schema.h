// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>

#include "security/error.h"
#include "store/sqlite/database.h"

namespace acledger::store {

// In the header of every ledger (https://sqlite.org/fileformat.html, offset 68): "ACLG".
inline constexpr std::int32_t kApplicationId = 0x41434C47;

// One step of the schema: brings version `to` - 1 to version `to`.
struct Migration {
  int to = 0;
  const char* sql = nullptr;
};

// All steps, in order. Released ones never change: a new schema is a new step.
std::span<const Migration> Migrations();
// The version that this program reads and writes.
int CurrentVersion();

// Brings an empty or older database to the last version of `steps`, in one transaction, and marks it as a ledger.
// True: something was done. kUnsupported for a newer one, with both versions.
Expected<bool> Migrate(sqlite::Database& database, std::span<const Migration> steps);

// The version of the file. kUnsupported for a newer one than this program's, kCorrupt for none.
Expected<int> VersionOf(sqlite::Database& database);

// Whether the tables and indexes are those of this version, by name: cheap, and enough to see that a file was cut or
// forged. kCorrupt; kUnsupported for another version.
Expected<void> CheckSchema(sqlite::Database& database);

}  // namespace acledger::store
