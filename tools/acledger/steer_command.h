// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/CLI.hpp>

namespace acledger::tools {

// Adds what only a running daemon can do: `wait`, `pause`, `resume`, `prioritise`, `cancel`, `reload`. The chosen
// one sets `exit_code`.
void AddSteerCommands(CLI::App& app, int& exit_code);

}  // namespace acledger::tools
