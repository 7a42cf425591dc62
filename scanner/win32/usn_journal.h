// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include "scanner/usn_journal.h"

namespace acledger::scanner {

// The change journal of `drive` ("C:"). For administrators; never makes or changes a journal. Where there is none,
// Query() says kUnsupported.
std::unique_ptr<UsnJournal> OpenWin32UsnJournal(const std::string& drive);

}  // namespace acledger::scanner
