// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/CLI.hpp>

namespace acledger::tools {

// Adds `acquire`, `release` and `holders`: access for as long as a process runs. The chosen one sets `exit_code`.
void AddHoldCommands(CLI::App& app, int& exit_code);

}  // namespace acledger::tools
