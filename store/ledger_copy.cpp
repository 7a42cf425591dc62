// SPDX-License-Identifier: MIT
#include "store/files.h"
#include "store/ledger_impl.h"
#include "store/sqlite/backup.h"

namespace acledger::store {

Expected<void> Ledger::CopyTo(const std::string& path) {
  const auto there = Exists(path);
  if (!there) return std::unexpected(there.error());
  if (*there) return std::unexpected(Error{ErrorKind::kInvalid, "copy ledger", path, 0, "something is there already"});
  const auto copy = sqlite::Database::Open(path, sqlite::OpenMode::kCreate);
  if (!copy) return std::unexpected(copy.error());
  // While it is empty: it will hold everybody's file names.
  if (auto done = MakePrivate(path); !done) return done;
  return sqlite::BackUp(impl_->db, **copy);
}

Expected<void> Ledger::ExportTo(const std::string& path) {
  if (auto copied = CopyTo(path); !copied) return copied;
  const auto copy = sqlite::Database::Open(path, sqlite::OpenMode::kWrite);
  if (!copy) return std::unexpected(copy.error());
  return (*copy)->Execute(
      "PRAGMA synchronous=FULL; PRAGMA journal_mode=DELETE; DELETE FROM holder; DELETE "
      "FROM setting WHERE name NOT IN ('carried', 'carried_folder', 'adoption'); VACUUM",
      "export ledger");
}

}  // namespace acledger::store
