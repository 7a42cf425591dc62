// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/CLI.hpp>

namespace acledger::tools {

// Adds `status`, `coverage`, `explain` and `failures` to `app`: answers from the ledger, beside a writer.
// They run while `app` parses; `exit_code` must outlive `app`.
void AddQuestionCommands(CLI::App& app, int& exit_code);

}  // namespace acledger::tools
