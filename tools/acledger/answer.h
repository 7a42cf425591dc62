// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "store/ledger.h"

namespace acledger::tools {

// Keeps the order in which fields are set.
using Json = nlohmann::ordered_json;

// {"objects": N, "readable": N, ...}: the verdicts sum to objects.
Json ToJson(const store::Counts& counts);
Json ToJson(const Error& error);
Json ToJson(const store::Failure& failure);
// objects, verdicts and roots, as `status --json` gives them.
Expected<Json> StatusJson(store::Ledger& ledger);

// "12 objects: 3 readable, 9 covered".
std::string Sentence(const store::Counts& counts);
// "\Users\dev\x: WRITE_DAC for S-1-...: access denied".
std::string Sentence(const store::Failure& failure);

// One document on standard output, bytes that are no UTF-8 replaced.
Expected<void> Print(const Json& document);
Expected<void> PrintText(const std::string& text);

// "0x1200a9".
std::string Hex(std::uint32_t value);

}  // namespace acledger::tools
