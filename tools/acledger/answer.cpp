// SPDX-License-Identifier: MIT
#include "tools/acledger/answer.h"

#include "tools/acledger/console.h"

namespace acledger::tools {

Expected<void> Print(const Json& document) {
  return WriteOutput(document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

Expected<void> PrintText(const std::string& text) { return WriteOutput(text + "\n"); }

}  // namespace acledger::tools
