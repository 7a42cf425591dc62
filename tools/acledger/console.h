// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string_view>

#include "security/error.h"

namespace acledger::tools {

// Standard input and output as bytes: no conversion of line ends or characters, no buffering. One thread.

// Waits until there is something; how much was read, 0 at the end.
Expected<std::size_t> ReadInput(std::span<char> buffer);

// Somebody watches what is written to standard error, or output.
bool ErrorOutputIsTerminal();
bool OutputIsTerminal();

// Writes all of it.
Expected<void> WriteOutput(std::string_view text);

}  // namespace acledger::tools
