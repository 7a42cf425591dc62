// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/CLI.hpp>

namespace acledger::tools {

// `acledger ledger dismiss`.
void AddLedgerCommands(CLI::App& app, int& exit_code);

}  // namespace acledger::tools
