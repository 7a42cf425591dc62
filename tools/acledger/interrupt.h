// SPDX-License-Identifier: MIT
#pragma once

#include "scanner/progress.h"

namespace acledger::tools {

// Ctrl-C (and SIGTERM) sets the flag that this returns; a second one ends the program at once. Call it from main's
// thread.
const scanner::StopFlag& StopOnInterrupt();

}  // namespace acledger::tools
