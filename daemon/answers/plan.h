// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include "daemon/rpc/json.h"
#include "scanner/engine.h"

namespace acledger::daemon {

struct PlanOptions {
  bool manual = false;        // Also the icacls lines that would do the same.
  std::size_t examples = 10;  // Paths to show.
};

// What `acledger plan --json` prints: what provisioning `request` would write. `scratch.ledger` is written (see
// ScratchLedger); the volume is only read.
Expected<Json> PlanJson(const scanner::Environment& scratch, const scanner::GrantRequest& request,
                        const PlanOptions& options);

}  // namespace acledger::daemon
