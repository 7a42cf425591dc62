// SPDX-License-Identifier: MIT
#include "daemon/answers/mask.h"

#include <charconv>

namespace acledger::daemon {

Expected<security::AccessMask> ParseMask(const std::string& word) {
  const bool hex = word.starts_with("0x") || word.starts_with("0X");
  const char* end = word.data() + word.size();
  security::AccessMask mask = 0;
  const auto [at, error] = std::from_chars(word.data() + (hex ? 2 : 0), end, mask, hex ? 16 : 10);
  if (error != std::errc() || at != end || mask == 0)
    return Fail(ErrorKind::kInvalid, "access mask " + word, "not a number that names rights (0x1200A9, say)");
  return security::kFileMapping.Map(mask);
}

}  // namespace acledger::daemon
