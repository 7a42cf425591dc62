// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "daemon/answers/answer.h"

namespace acledger::tools {

using daemon::Hex;
using daemon::Json;

// "\Users\dev\x: WRITE_DAC for S-1-...: access denied".
std::string Sentence(const store::Failure& failure);
using daemon::Sentence;
std::string FailureSentence(const Json& failure);  // Of daemon::ToJson().

// One document on standard output, bytes that are no UTF-8 replaced.
Expected<void> Print(const Json& document);
Expected<void> PrintText(const std::string& text);

}  // namespace acledger::tools
