// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "store/sqlite/database.h"

namespace acledger::store::sqlite {

// Copies the database as it is at one moment to a file that is made or replaced. Works on a read-only connection, and
// beside a writer.
Expected<void> BackUp(Database& from, const std::string& path);

}  // namespace acledger::store::sqlite
