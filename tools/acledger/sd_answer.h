// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "security/access_check.h"
#include "security/edit.h"
#include "security/inheritance.h"
#include "security/sddl.h"

// What `acledger sd` makes of one line: plain functions over text, no I/O. Answers have no line end.
namespace acledger::tools {

// The descriptor that a line holds: SDDL if it has a ':', else the hex digits of the self-relative bytes.
Expected<security::DescriptorBytes> ReadDescriptor(std::string_view line, const security::SddlOptions& sddl);

// Writes answers behind each other, one a line: plain words, or one JSON object each.
class SdAnswers {
 public:
  explicit SdAnswers(bool json) : json_(json) {}

  void Sddl(std::string_view text);
  // `outcome` ("added", "present", ...) is told in JSON only; empty: none.
  void Descriptor(security::Bytes bytes, std::string_view outcome = {});
  void Access(const security::AccessResult& result);
  void Refusal(const Error& error);

  std::string& Text() { return text_; }

 private:
  bool json_;
  std::string text_;
};

// One per command; the options are the same for every line.
struct ToSddlCommand {
  security::SddlOptions sddl;
  Expected<void> Answer(std::string_view line, SdAnswers& answers) const;
};

struct FromSddlCommand {
  security::SddlOptions sddl;
  Expected<void> Answer(std::string_view line, SdAnswers& answers) const;
};

struct CheckCommand {
  security::SddlOptions sddl;
  security::Token token;
  security::AccessMask wanted = 0;
  Expected<void> Answer(std::string_view line, SdAnswers& answers) const;
};

// Lines of `parent<TAB>child`; without a child a new object is made.
struct InheritCommand {
  security::SddlOptions sddl;
  security::ObjectType type = security::ObjectType::kFile;
  std::optional<security::Sid> owner, group;  // Of a new object; empty: the parent's.
  Expected<void> Answer(std::string_view line, SdAnswers& answers) const;
};

struct GrantCommand {
  security::SddlOptions sddl;
  security::Entry entry;
  Expected<void> Answer(std::string_view line, SdAnswers& answers) const;
};

struct RevokeCommand {
  security::SddlOptions sddl;
  security::Entry entry;
  Expected<void> Answer(std::string_view line, SdAnswers& answers) const;
};

}  // namespace acledger::tools
