// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "scanner/glob.h"

namespace acledger::scanner::ntfs {

// What a person looks for in an index. Without separators a name, wherever it lies: "*.pem". With separators a path
// from the volume's root: "\Users\*\.ssh\**"; a drive or a separator in front is the same as none. `*`, `?`, `**` and
// case as in Glob. A value; const members from any thread.
class NamePattern {
 public:
  // kInvalid, as Glob::Parse().
  static Expected<NamePattern> Parse(std::string_view text);

  bool IsPath() const { return is_path_; }
  const scanner::Glob& Glob() const { return glob_; }

  // A name (WTF-8) could be what is looked for; of a pattern without separators it then is.
  bool Matches(std::string_view name) const;

  // In the upper-cased form (FoldAscii()) of each name that Matches() this is found: the longest literal part, ASCII
  // alone. Empty: nothing is known.
  const std::string& Needle() const { return needle_; }

 private:
  NamePattern(scanner::Glob glob, bool is_path, std::string needle)
      : glob_(std::move(glob)), is_path_(is_path), needle_(std::move(needle)) {}

  scanner::Glob glob_;
  bool is_path_;
  bool any_name_ = false;  // The last component is "*" or "**".
  std::string needle_;
};

// Upper-cases a-z and leaves every other byte alone; `to` has as many.
void FoldAscii(std::string_view text, char* to);

// Where `needle` begins in `text` at or behind `from`, or npos. Not empty, folded; `rare`: RarestByte() of it.
std::size_t FindNeedle(std::string_view text, std::string_view needle, std::size_t rare, std::size_t from);
// The place in a folded needle of the byte that file names have least.
std::size_t RarestByte(std::string_view needle);

}  // namespace acledger::scanner::ntfs
