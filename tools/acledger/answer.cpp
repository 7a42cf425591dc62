// SPDX-License-Identifier: MIT
#include "tools/acledger/answer.h"

#include "tools/acledger/console.h"

namespace acledger::tools {

std::string Sentence(const store::Failure& failure) {
  return failure.path + ": " + failure.right + " for " + failure.principal.ToString() + ": " + failure.error.ToString();
}

std::string FailureSentence(const Json& failure) {
  const Json error = failure.value("error", Json::object());
  return failure.value("path", "") + ": " + failure.value("right", "") + " for " + failure.value("principal", "") +
         ": " + error.value("operation", "") + ": " + error.value("reason", "");
}

Expected<void> Print(const Json& document) {
  return WriteOutput(document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

Expected<void> PrintText(const std::string& text) { return WriteOutput(text + "\n"); }

}  // namespace acledger::tools
