// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/CLI.hpp>

namespace acledger::tools {

// Adds `plan` and `provision` to `app`. They run while `app` parses; `exit_code` must outlive `app`.
void AddGrantCommands(CLI::App& app, int& exit_code);

}  // namespace acledger::tools
