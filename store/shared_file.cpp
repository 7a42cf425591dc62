// SPDX-License-Identifier: MIT
#include "store/shared_file.h"

#include "store/files.h"

namespace acledger::store {
namespace {

using sqlite::Database;
using sqlite::OpenMode;

// Short: who holds this lock keeps it for hours.
constexpr int kLockPatience = 100;

std::unexpected<Error> Refuse(ErrorKind kind, const std::string& path, const char* what, std::string reason) {
  return std::unexpected(Error{kind, std::string("open ") + what, path, 0, std::move(reason)});
}

}  // namespace

// A file that nobody ever writes: SQLite's locks on it are portable, and they end with the process.
Expected<std::unique_ptr<Database>> TakeLock(const std::string& path, const char* what) {
  const std::string lock_path = path + ".lock";
  auto lock = Database::Open(lock_path, OpenMode::kCreate);
  if (!lock) return lock;
  // Who may read a file may lock it for reading, and so keep us out.
  if (auto done = MakePrivate(lock_path); !done) return std::unexpected(done.error());
  (*lock)->SetPatience(kLockPatience);
  const auto taken = (*lock)->Execute("BEGIN EXCLUSIVE", "lock ledger");
  if (taken) return lock;
  if (taken.error().kind == ErrorKind::kBusy) {
    return Refuse(ErrorKind::kBusy, path, what, std::string("another acledger is writing this ") + what);
  }
  if (taken.error().kind == ErrorKind::kCorrupt) {
    return Refuse(ErrorKind::kInvalid, lock_path, what,
                  std::string("this is not the lock file of a ") + what + ": it should be empty");
  }
  return std::unexpected(taken.error());
}

Expected<Look> LookAt(Database& database, std::int32_t application_id) {
  const auto id = database.Number("PRAGMA application_id");
  if (id) return *id == application_id ? Look::kOurs : Look::kForeign;
  if (id.error().kind != ErrorKind::kCorrupt) return std::unexpected(id.error());
  database.KeepLogOnClose();
  return Look::kDamaged;
}

// A WAL database wants its -shm even to be read. Where the folder cannot be written and there is no log, the file alone
// is everything, and nobody writes it.
Expected<std::unique_ptr<Database>> OpenToRead(const std::string& path, std::int32_t application_id) {
  auto database = Database::Open(path, OpenMode::kReadOnly);
  if (!database) return database;
  const auto look = LookAt(**database, application_id);
  if (look && *look == Look::kOurs) return database;
  if (look && *look == Look::kForeign) return Refuse(ErrorKind::kInvalid, path, "ledger", "it is another's database");
  if (look) return Refuse(ErrorKind::kCorrupt, path, "ledger", "it is damaged, or not a ledger");
  if (look.error().kind == ErrorKind::kBusy) return std::unexpected(look.error());
  const auto log = SizeOf(path + "-wal");
  if (!log || *log > 0) return std::unexpected(look.error());
  return Database::Open(path, OpenMode::kImmutable);
}

}  // namespace acledger::store
