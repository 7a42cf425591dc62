// SPDX-License-Identifier: MIT
#include "store/ledger_impl.h"

namespace acledger::store {

Expected<void> Ledger::CopyTo(const std::string& path) {
  auto copy = impl_->db.Use("VACUUM INTO ?");
  return copy.With(path).Run();
}

}  // namespace acledger::store
