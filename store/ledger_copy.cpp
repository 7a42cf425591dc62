// SPDX-License-Identifier: MIT
#include "store/ledger_impl.h"
#include "store/sqlite/backup.h"

namespace acledger::store {

Expected<void> Ledger::CopyTo(const std::string& path) { return sqlite::BackUp(impl_->db, path); }

}  // namespace acledger::store
