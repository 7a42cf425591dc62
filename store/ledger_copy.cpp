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

}  // namespace acledger::store
