// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "security/error.h"
#include "security/wtf8.h"

namespace acledger::setup {

// Text as the system's functions take it, and back. kInvalid: it is no UTF-8, or has a zero in it.
inline Expected<std::wstring> ToWide(std::string_view text) {
  const Expected<std::u16string> wide = FromWtf8(text);
  if (!wide) return std::unexpected(wide.error());
  if (wide->contains(u'\0')) return Fail(ErrorKind::kInvalid, "use a name", "it has a zero in it");
  return std::wstring(wide->begin(), wide->end());
}
inline std::string FromWide(std::wstring_view text) { return ToWtf8(std::u16string(text.begin(), text.end())); }

}  // namespace acledger::setup
