// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/rpc/json.h"
#include "scanner/engine.h"

// What a run of the engine came to, as JSON and back: the daemon tells it, the command line reads it, and prints the
// same where it runs the engine itself. Unknown members are passed over; missing ones count as 0.
namespace acledger::daemon {

Json ToJson(const scanner::ProvisionReport& report);
Json ToJson(const scanner::RollbackReport& report);
Json ToJson(const scanner::VerifyReport& report);  // The verdicts, and what the comparison found.

scanner::ProvisionReport ProvisionReportFrom(const Json& json);
scanner::RollbackReport RollbackReportFrom(const Json& json);
scanner::VerifyReport VerifyReportFrom(const Json& json);

}  // namespace acledger::daemon
