// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "daemon/answers/answer.h"

namespace acledger::tools {

using daemon::Hex;
using daemon::Json;

using daemon::FailureSentence;
using daemon::Sentence;

// One document on standard output, bytes that are no UTF-8 replaced.
Expected<void> Print(const Json& document);
Expected<void> PrintText(const std::string& text);

}  // namespace acledger::tools
