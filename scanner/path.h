// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "security/error.h"

namespace acledger::scanner {

// A path below a volume's root as components, outermost first, without drive letter. Empty: the root itself.
// Components are UTF-16 as the volume holds them.
using PathComponents = std::vector<std::u16string>;

struct ParsedPath {
  char drive = 0;  // 'C', upper case; 0 if none was written.
  PathComponents components;
};

// Splits what a user wrote: "C:\Users\dev", "\Users\dev", "/Users/dev", "\\?\C:\x", "\"; a separator at the end is
// allowed. kInvalid, with the reason: a relative path, "." or "..", an empty component in the middle, UNC and the
// device namespace
// (\\.\), a stream (':'), a control character, a component past 255 units, a DOS device name (NUL, COM1.txt) directly
// below the root, text that is not UTF-8 (WTF-8 is accepted).
Expected<ParsedPath> ParsePath(std::string_view text);

// "\Users\dev", "C:\Users\dev" with a drive; "\" or "C:\" for the root. WTF-8.
std::string FormatPath(const PathComponents& components, char drive = 0);

// By SameName() of the components.
bool SamePath(const PathComponents& left, const PathComponents& right);
bool IsAtOrBelow(const PathComponents& path, const PathComponents& folder);

}  // namespace acledger::scanner
