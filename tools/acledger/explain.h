// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "tools/acledger/answer.h"
#include "tools/acledger/target.h"

namespace acledger::tools {

// What each grant says of `path`: verdict, reason, the entry and where it comes from; and what the object holds now,
// where the volume can be read (it cannot while an image is being provisioned). `access`: a mask, or empty for the
// grant's own.
Expected<Json> Explain(store::Ledger& ledger, const TargetOptions& target, const std::string& path,
                       const std::string& access);

// The same as sentences.
std::string ExplainText(const Json& explained);

}  // namespace acledger::tools
