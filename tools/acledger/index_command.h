// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/CLI.hpp>

namespace acledger::tools {

// Adds `index`, which reads a whole volume by its $MFT, and what asks the index that it leaves in the ledger: `find`
// and `diff`. The chosen one sets `exit_code`.
void AddIndexCommands(CLI::App& app, int& exit_code);

void AddFindCommand(CLI::App& app, int& exit_code);
void AddDiffCommand(CLI::App& app, int& exit_code);

}  // namespace acledger::tools
