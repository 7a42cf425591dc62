// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "security/error.h"

namespace acledger::store {

// The files of a ledger: PATH, SQLite's -wal, -shm and -journal, ours .lock, .new and .damaged. All paths are UTF-8.
// None of these functions opens a file of SQLite's: closing one would drop the locks that SQLite holds on it in this
// process (POSIX).

// Whether something is there. kDenied and so on where that cannot be told.
Expected<bool> Exists(const std::string& path);
// 0 where nothing is there.
Expected<std::uint64_t> SizeOf(const std::string& path);

// kNotFound if the folder that is to hold `path` is missing, kInvalid if `path` or a file of SQLite's beside it is not
// a plain file: a symbolic link would let whoever owns the folder choose the file that we write.
Expected<void> CheckPlace(const std::string& path);

// Renames PATH and what SQLite keeps beside it to PATH.damaged-N, PATH.damaged-N-wal, ...; N is the first free number.
// Returns the new name; where nothing is there to move, that of the last one that was moved, or an empty one. PATH goes
// first: without it, the rest is never taken for a whole ledger.
Expected<std::string> MoveAside(const std::string& path);

Expected<void> Rename(const std::string& from, const std::string& to);
// Also done where nothing is there.
Expected<void> Remove(const std::string& path);
// Removes every file whose path begins with `prefix`, but for those that begin with `but` (if that is not empty), as
// far as it can: for what harms nobody where it stays.
void RemoveOthers(const std::string& prefix, const std::string& but);
// Makes an empty file; one that is there stays as it is.
Expected<void> Touch(const std::string& path);
// The contents of a file that nobody has open, and its name, survive a power cut from now on.
Expected<void> MakeDurable(const std::string& path);
// Readable and writable for the owner alone (on Windows the folder's ACL decides).
Expected<void> MakePrivate(const std::string& path);

}  // namespace acledger::store
