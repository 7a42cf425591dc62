// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/path.h"
#include "security/error.h"

namespace acledger::scanner {

// A pattern for paths below some folder, component by component.
//
//   secrets        that name directly below the folder, nowhere else
//   **/*.pem       at any depth, directly below included
//   build/**       everything below build, not build itself
//   a/**/b         b anywhere below a, a\b included
//
// `*` stands for any run of characters and `?` for one UTF-16 unit, both within a component; a component `**` for any
// number of components, none included (at the end of a pattern: one at least). Separators are '/' and '\'; one at the
// end is ignored. Everything else is literal, '[' and '{' too. Case is folded as NTFS does.
//
// Matching walks a path from the outside in and keeps the set of places in the pattern that it may be at. So it can
// tell, for a folder, whether something that is created below it one day could match. Time: components of the path
// times components of the pattern times the work for one component, which is quadratic at worst; nothing is
// exponential. A value; const members may be called from any thread.
class Glob {
 public:
  static constexpr std::size_t kMaxComponents = 62;

  // kInvalid, with the glob as path and the position (0-based byte) in the reason: empty, absolute, with a drive or
  // ':',
  // '.' or '..', an empty component, a control character, not UTF-8, more than kMaxComponents components.
  // `text_offset` is added to the position, for a glob that is part of a longer text.
  static Expected<Glob> Parse(std::string_view text, std::size_t text_offset = 0);
  // Exactly this path; its components may be any text. kInvalid where it has none or more than kMaxComponents.
  static Expected<Glob> Literal(const PathComponents& path);

  // Where a path that starts at the folder may be: a set, one bit for each number of components of the pattern done.
  using State = std::uint64_t;
  State Start() const { return Closed(1); }
  State Step(State state, std::u16string_view component) const;
  // The path walked so far matches.
  bool Matches(State state) const { return (state >> tokens_.size() & 1) != 0; }
  // One or more further components could make it match.
  bool CanMatchBelow(State state) const { return (state & ((State{1} << tokens_.size()) - 1)) != 0; }

  bool Matches(std::span<const std::u16string> path) const;

  // The last component of any path that matches satisfies this: a quick way out.
  bool LastMatches(std::u16string_view component) const;
  // The last component, folded, if it has no wildcards; else null.
  const std::u16string* LastLiteral() const;

 private:
  enum class Kind : std::uint8_t { kLiteral, kWild, kAnyDepth };
  struct Token {
    Kind kind = Kind::kLiteral;
    std::u16string text;  // Folded.
    bool Accepts(std::u16string_view component) const;
  };

  Expected<void> Add(std::u16string_view component);
  State Closed(State state) const;

  std::vector<Token> tokens_;
  State any_depth_ = 0;  // One bit for each `**`.
};

}  // namespace acledger::scanner
