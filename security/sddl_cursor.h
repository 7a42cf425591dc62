// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "security/sddl.h"

// What the readers of SDDL share. Internal to security/.
namespace acledger::security::sddl {

// A place in a text that somebody else owns; never leaves it.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  std::size_t Position() const { return at_; }
  bool AtEnd() const { return at_ == text_.size(); }
  // The character at `ahead`, '\0' behind the end.
  char Peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  std::string_view Rest() const { return text_.substr(at_); }
  // At most `length` characters.
  std::string_view Ahead(std::size_t length) const { return text_.substr(at_, length); }

  void Advance(std::size_t count = 1) { at_ = count < text_.size() - at_ ? at_ + count : text_.size(); }
  void MoveTo(std::size_t position) { at_ = position < text_.size() ? position : text_.size(); }
  void SkipSpaces() {
    while (Peek() == ' ') ++at_;
  }
  bool Take(char c) {
    if (AtEnd() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  // The error of the whole text: "position 12: <reason>".
  std::unexpected<Error> Refuse(std::string reason) const { return RefuseAt(at_, std::move(reason)); }
  static std::unexpected<Error> RefuseAt(std::size_t position, std::string reason,
                                         ErrorKind kind = ErrorKind::kInvalid) {
    return Fail(kind, "parse SDDL", "position " + std::to_string(position) + ": " + std::move(reason));
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

// All digits below `base` from here on, at least one.
Expected<std::uint64_t> ReadDigits(Cursor& cursor, int base, std::uint64_t limit, std::string_view what);
// Digits to the first character that is none: 0x and hex digits, or decimal ones. `limit` is the greatest value
// allowed.
Expected<std::uint64_t> ReadNumber(Cursor& cursor, std::uint64_t limit, std::string_view what);

// An alias or S-1-...; what follows is not looked at.
Expected<Sid> ReadSid(Cursor& cursor, const SddlOptions& options);

// The rights of an ACE, to the first character that can be no part of them.
Expected<AccessMask> ReadRights(Cursor& cursor);

}  // namespace acledger::security::sddl
