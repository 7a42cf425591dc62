// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/CLI.hpp>

namespace acledger::tools {

// Adds `sd` and its commands to `app`. They run while `app` parses; `exit_code` must outlive `app` and then holds the
// ExitCode.
void AddSdCommand(CLI::App& app, int& exit_code);

}  // namespace acledger::tools
