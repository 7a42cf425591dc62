// SPDX-License-Identifier: MIT
#pragma once

#include "setup/program/host.h"
#include "setup/program/output.h"

namespace acledger::setup {

// Does what is asked for, and says so: as administrator itself, else through Host::RunElevated(). The exit code.
int Run(const Command& command, Host& host, const Output::Show& show);

}  // namespace acledger::setup
