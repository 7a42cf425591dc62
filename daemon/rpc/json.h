// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "security/error.h"

namespace acledger::daemon {

// Keeps the order in which fields are set.
using Json = nlohmann::ordered_json;

// What a text of somebody else may hold. Looked at before anything is built of it: a short text can stand for a large
// or a slow document (names of an object are compared one by one).
struct JsonLimits {
  std::size_t depth = 64;       // Arrays and objects inside each other.
  std::size_t members = 256;    // Of one object.
  std::size_t values = 65'536;  // In the whole text.
};

// One JSON document (RFC 8259, UTF-8). kInvalid for what is none, kTooLarge past a limit; never throws.
Expected<Json> ParseJson(std::string_view text, const JsonLimits& limits = {});

// On one line, without a line end; bytes that are no UTF-8 are replaced by U+FFFD.
std::string Text(const Json& document);

}  // namespace acledger::daemon
