// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "security/error.h"

struct sqlite3;

namespace acledger::store::sqlite {

// The Error for an extended result code that a call on `db` just returned (https://sqlite.org/rescode.html). `db` may
// be null where there is no connection. Error::code is the system's code (errno or Win32) where SQLite kept one.
//   BUSY, LOCKED kBusy; FULL or no room in the system kNoSpace; CORRUPT, NOTADB kCorrupt; READONLY kReadOnly; refused
//   by the system kDenied; a missing file kNotFound; TOOBIG kTooLarge; CONSTRAINT, MISMATCH kInvalid; everything else
//   kIo.
Error MakeError(sqlite3* db, int result, std::string operation, std::string path);

}  // namespace acledger::store::sqlite
