// SPDX-License-Identifier: MIT
#pragma once

#include <span>

#include "scanner/rollback_report.h"
#include "scanner/session.h"

namespace acledger::scanner {

// Takes grants of one principal and mask back: every change of each, then everything that inherited from them, and
// proves by one scan of the whole volume that no entry is left. Where anything failed or remains, all of them are kept.
// Settle() first. `grants` is not empty.
Expected<RollbackReport> Rollback(Environment& environment, std::span<GrantContext* const> grants);

}  // namespace acledger::scanner
