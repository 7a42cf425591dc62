// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "security/sddl_cursor.h"

// The conditions of callback ACEs: infix text (MS-DTYP 2.5.1.1, cond-expr) and postfix bytes (2.4.4.17).
// Internal to security/.
namespace acledger::security::sddl {

// "(expression)" at the cursor to the bytes that follow the SID, padded to a multiple of four.
Expected<DescriptorBytes> ReadCondition(Cursor& cursor, const SddlOptions& options);

// The inverse, brackets included. Empty where ReadCondition() would not make the same bytes of any text.
std::optional<std::string> WriteCondition(Bytes condition);

// How deep brackets and negations may be nested, in a text and in what is written.
inline constexpr int kMaxConditionDepth = 64;

inline constexpr std::uint8_t kConditionMagic[] = {'a', 'r', 't', 'x'};

// Byte codes of tokens that carry data.
enum Token : std::uint8_t {
  kInt64 = 0x04,
  kString = 0x10,
  kOctets = 0x18,
  kComposite = 0x50,
  kSid = 0x51,
  kLocalAttribute = 0xF8,
  kUserAttribute = 0xF9,
  kResourceAttribute = 0xFA,
  kDeviceAttribute = 0xFB,
};
// Sign and base of an integer's text.
enum : std::uint8_t { kPlus = 1, kMinus = 2, kNoSign = 3 };
enum : std::uint8_t { kOctal = 1, kDecimal = 2, kHex = 3 };

inline constexpr std::uint8_t kAnd = 0xA0, kOr = 0xA1, kNot = 0xA2;

struct ConditionSymbol {
  std::string_view text;
  std::uint8_t code;
};
std::span<const ConditionSymbol> AttributePrefixes();  // "@USER.", ...
std::span<const ConditionSymbol> Comparisons();        // "==", ... ; longer ones first
std::span<const ConditionSymbol> SetRelations();       // "Contains", ...
std::span<const ConditionSymbol> Memberships();        // "Member_of", ...: one SID or several follow
std::span<const ConditionSymbol> Existences();         // "Exists", ...: an attribute follows

const ConditionSymbol* FindByText(std::span<const ConditionSymbol> symbols, std::string_view text);
const ConditionSymbol* FindByCode(std::span<const ConditionSymbol> symbols, std::uint8_t code);

// Characters that stand for themselves in the name of an attribute; all others are written %XXXX.
bool IsNameCharacter(char c, bool local);

}  // namespace acledger::security::sddl
