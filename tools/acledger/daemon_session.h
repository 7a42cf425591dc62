// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "daemon/client/client.h"
#include "tools/acledger/answer.h"
#include "tools/acledger/target.h"

namespace acledger::tools {

// The daemon that keeps the ledger of this target, if one runs (at `--endpoint`, $ACLEDGER_ENDPOINT or the default
// place). Nothing where there is none, or one for another ledger: the command then works by itself. An error where an
// endpoint was named and nobody answers there.
Expected<std::optional<daemon::Client>> FindDaemon(const TargetOptions& target);

// The same, where nothing can be done without it: kNotFound says how to start one.
Expected<daemon::Client> NeedDaemon(const TargetOptions& target);

// One call, with the time that a question may take.
Expected<Json> Ask(daemon::Client& client, const char* method, const Json& params = Json::object());

// All failures, as `failures` tells them page by page.
Expected<Json> AskFailures(daemon::Client& client, Json params = Json::object());

}  // namespace acledger::tools
