// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "security/error.h"
#include "store/sqlite/database.h"

// SQLite files of ours (the ledger, the index of a volume) that have one writer and any number of readers.
namespace acledger::store {

// Holds the lock on PATH.lock for as long as it lives: one writer. The system frees it when the process dies. `what`
// names the file ("ledger") in an error. kBusy: another one writes it.
Expected<std::unique_ptr<sqlite::Database>> TakeLock(const std::string& path, const char* what);

enum class Look : std::uint8_t { kMissing, kOurs, kForeign, kDamaged };

// Whose file it is by the application id in its header. Never kMissing.
Expected<Look> LookAt(sqlite::Database& database, std::int32_t application_id);

// Opens a file that is there. kInvalid: another program's database. kCorrupt.
Expected<std::unique_ptr<sqlite::Database>> OpenToRead(const std::string& path, std::int32_t application_id);

}  // namespace acledger::store
