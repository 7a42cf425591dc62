// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "security/ace.h"
#include "security/sid.h"

// The codes of SDDL (MS-DTYP 2.5.1.1, sddl.h), shared by the reader and the writer. Internal to security/.
namespace acledger::security::sddl {

// How the body of an ACE is laid out behind its header, and so which fields its text has.
enum class AceForm : std::uint8_t {
  kPlain,      // mask, SID
  kObject,     // mask, flags, GUIDs, SID
  kCondition,  // mask, SID, a condition (MS-DTYP 2.4.4.17)
  kObjectCondition,
  kAttribute,  // mask, SID, a claim (MS-DTYP 2.4.10.1)
};

constexpr bool HasGuids(AceForm form) { return form == AceForm::kObject || form == AceForm::kObjectCondition; }
constexpr bool HasCondition(AceForm form) { return form == AceForm::kCondition || form == AceForm::kObjectCondition; }

struct TypeCode {
  std::string_view code;
  AceType type;
  AceForm form;
};

// One symbol and the bits that it stands for.
struct Symbol {
  std::string_view code;
  std::uint32_t value;
};

// All lookups ignore case, as Windows does; null or empty where there is no such code or value.
const TypeCode* FindType(std::string_view code);
const TypeCode* FindType(AceType type);

// Symbols of the field "rights". Several symbols have one value: the first in the table is the one to write.
const Symbol* FindRight(std::string_view code);
const Symbol* FindRight(AccessMask mask);
// Symbols of the field "flags". TP (of FL ACEs) has the value of SA.
const Symbol* FindFlag(std::string_view code);
std::span<const Symbol> FlagsToWrite();
// NW, NR, NX, in the order in which they are written.
std::span<const Symbol> LabelRights();

// The two-letter name of a SID. `rid` is set for those that are relative to a domain; `sid` is then not used.
struct Alias {
  std::string_view code;
  Sid sid;
  std::optional<std::uint32_t> rid;
};
const Alias* FindAlias(std::string_view code);
// Only for SIDs that need no domain; empty if there is none.
std::string_view AliasOf(const Sid& sid);

}  // namespace acledger::security::sddl
