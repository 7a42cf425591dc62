// SPDX-License-Identifier: MIT
#include "security/sddl_condition.h"

#include <algorithm>

namespace acledger::security::sddl {
namespace {

constexpr ConditionSymbol kAttributePrefixes[] = {
    {"@USER.", kUserAttribute}, {"@DEVICE.", kDeviceAttribute}, {"@RESOURCE.", kResourceAttribute}};
constexpr ConditionSymbol kComparisons[] = {{"==", 0x80}, {"!=", 0x81}, {"<=", 0x83},
                                            {">=", 0x85}, {"<", 0x82},  {">", 0x84}};
constexpr ConditionSymbol kSetRelations[] = {
    {"Contains", 0x86}, {"Any_of", 0x88}, {"Not_Contains", 0x8E}, {"Not_Any_of", 0x8F}};
constexpr ConditionSymbol kMemberships[] = {{"Member_of", 0x89},         {"Device_Member_of", 0x8A},
                                            {"Member_of_Any", 0x8B},     {"Device_Member_of_Any", 0x8C},
                                            {"Not_Member_of", 0x90},     {"Not_Device_Member_of", 0x91},
                                            {"Not_Member_of_Any", 0x92}, {"Not_Device_Member_of_Any", 0x93}};
constexpr ConditionSymbol kExistences[] = {{"Exists", 0x87}, {"Not_Exists", 0x8D}};

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::span<const ConditionSymbol> AttributePrefixes() { return kAttributePrefixes; }
std::span<const ConditionSymbol> Comparisons() { return kComparisons; }
std::span<const ConditionSymbol> SetRelations() { return kSetRelations; }
std::span<const ConditionSymbol> Memberships() { return kMemberships; }
std::span<const ConditionSymbol> Existences() { return kExistences; }

const ConditionSymbol* FindByText(std::span<const ConditionSymbol> symbols, std::string_view text) {
  auto found = std::ranges::find_if(
      symbols, [&](const ConditionSymbol& symbol) { return std::ranges::equal(symbol.text, text, {}, Lower, Lower); });
  return found == symbols.end() ? nullptr : &*found;
}

const ConditionSymbol* FindByCode(std::span<const ConditionSymbol> symbols, std::uint8_t code) {
  auto found = std::ranges::find(symbols, code, &ConditionSymbol::code);
  return found == symbols.end() ? nullptr : &*found;
}

bool IsNameCharacter(char c, bool local) {
  const bool letter_or_digit = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  if (letter_or_digit) return true;
  return c != '\0' && std::string_view(local ? ":./_@" : ":./_#$'*+-;?@[\\]^`{}~").find(c) != std::string_view::npos;
}

}  // namespace acledger::security::sddl
