// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/CLI.hpp>

namespace acledger::tools {

// Adds `rollback` and `verify` to `app`. They run while `app` parses; `exit_code` must outlive `app`.
void AddRollbackCommands(CLI::App& app, int& exit_code);

}  // namespace acledger::tools
