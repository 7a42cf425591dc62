// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "setup/program/host.h"

namespace acledger::setup {

// The system that this program runs on. As administrator the privileges to back up, to restore and to look at others'
// processes are enabled for the rest of this process.
Expected<std::unique_ptr<Host>> MakeHost();

// A line on standard output.
void ShowOnConsole(const std::string& line);

// The elevated side of Host::RunElevated(): reads the request, and does it with its lines going to the request's pipe.
// The exit code.
int RunRequest(const RequestFile& file, Host& host);

}  // namespace acledger::setup
