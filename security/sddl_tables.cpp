// SPDX-License-Identifier: MIT
#include "security/sddl_tables.h"

#include <algorithm>
#include <vector>

namespace acledger::security::sddl {
namespace {

constexpr TypeCode kTypes[] = {
    {"A", AceType::kAccessAllowed, AceForm::kPlain},
    {"D", AceType::kAccessDenied, AceForm::kPlain},
    {"AU", AceType::kSystemAudit, AceForm::kPlain},
    {"AL", AceType::kSystemAlarm, AceForm::kPlain},
    {"OA", AceType::kAccessAllowedObject, AceForm::kObject},
    {"OD", AceType::kAccessDeniedObject, AceForm::kObject},
    {"OU", AceType::kSystemAuditObject, AceForm::kObject},
    {"OL", AceType::kSystemAlarmObject, AceForm::kObject},
    {"ML", AceType::kSystemMandatoryLabel, AceForm::kPlain},
    {"SP", AceType::kSystemScopedPolicyId, AceForm::kPlain},
    {"TL", AceType::kSystemProcessTrustLabel, AceForm::kPlain},
    {"XA", AceType::kAccessAllowedCallback, AceForm::kCondition},
    {"XD", AceType::kAccessDeniedCallback, AceForm::kCondition},
    {"XU", AceType::kSystemAuditCallback, AceForm::kCondition},
    {"FL", AceType::kSystemAccessFilter, AceForm::kCondition},
    {"ZA", AceType::kAccessAllowedCallbackObject, AceForm::kObjectCondition},
    {"RA", AceType::kSystemResourceAttribute, AceForm::kAttribute},
};

constexpr Symbol kRights[] = {
    {"FA", kFileAllAccess},
    {"FR", kFileGenericRead},
    {"FW", kFileGenericWrite},
    {"FX", kFileGenericExecute},
    {"GA", kGenericAll},
    {"GR", kGenericRead},
    {"GW", kGenericWrite},
    {"GX", kGenericExecute},
    {"RC", kReadControl},
    {"SD", kDelete},
    {"WD", kWriteDac},
    {"WO", kWriteOwner},
    {"CC", 0x0001},
    {"DC", 0x0002},
    {"LC", 0x0004},
    {"SW", 0x0008},
    {"RP", 0x0010},
    {"WP", 0x0020},
    {"DT", 0x0040},
    {"LO", 0x0080},
    {"CR", 0x0100},
    {"KA", 0xF003F},
    {"KR", 0x20019},
    {"KW", 0x20006},
    {"KX", 0x20019},
    // Of mandatory labels (MS-DTYP 2.4.4.13); for other ACEs the same bits are written CC, DC, LC.
    {"NW", 0x1},
    {"NR", 0x2},
    {"NX", 0x4},
};
constexpr std::size_t kLabelRights = 3;

constexpr Symbol kFlags[] = {
    {"OI", kObjectInherit},    {"CI", kContainerInherit}, {"NP", kNoPropagateInherit},
    {"IO", kInheritOnly},      {"ID", kInherited},        {"CR", 0x20},  // CRITICAL_ACE_FLAG
    {"SA", kSuccessfulAccess}, {"FA", kFailedAccess},     {"TP", 0x40},  // TRUST_PROTECTED_FILTER_ACE_FLAG
};
constexpr std::size_t kFlagsToWrite = 8;

constexpr char Upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

bool SameCode(std::string_view code, std::string_view text) {
  return code.size() == text.size() &&
         std::equal(code.begin(), code.end(), text.begin(), [](char a, char b) { return a == Upper(b); });
}

template <class Range>
auto FindCode(const Range& table, std::string_view code) {
  auto found = std::ranges::find_if(table, [&](const auto& entry) { return SameCode(entry.code, code); });
  return found == std::end(table) ? nullptr : &*found;
}

Alias Known(std::string_view code, std::uint64_t authority, std::initializer_list<std::uint32_t> sub_authorities) {
  return {code, Sid::Make(authority, sub_authorities), std::nullopt};
}

// MS-DTYP 2.5.1.1 and 2.4.2.4; AP, AS, EK, HO, KA and SS from sddl.h.
constexpr Symbol kBuiltinRids[] = {
    {"BA", 544}, {"BU", 545}, {"BG", 546}, {"PU", 547}, {"AO", 548}, {"SO", 549}, {"PO", 550}, {"BO", 551}, {"RE", 552},
    {"RU", 554}, {"RD", 555}, {"NO", 556}, {"MU", 558}, {"LU", 559}, {"IS", 568}, {"CY", 569}, {"ER", 573}, {"CD", 574},
    {"RA", 575}, {"ES", 576}, {"MS", 577}, {"HA", 578}, {"AA", 579}, {"RM", 580}, {"HO", 584},
};
constexpr Symbol kDomainRids[] = {
    {"RO", 498}, {"LA", 500}, {"LG", 501}, {"DA", 512}, {"DU", 513}, {"DG", 514}, {"DC", 515}, {"DD", 516}, {"CA", 517},
    {"SA", 518}, {"EA", 519}, {"PA", 520}, {"CN", 522}, {"AP", 525}, {"KA", 526}, {"EK", 527}, {"RS", 553},
};

std::vector<Alias> MakeAliases() {
  std::vector<Alias> aliases = {
      Known("WD", 1, {0}),
      Known("CO", 3, {0}),
      Known("CG", 3, {1}),
      Known("OW", 3, {4}),
      Known("NU", 5, {2}),
      Known("IU", 5, {4}),
      Known("SU", 5, {6}),
      Known("AN", 5, {7}),
      Known("ED", 5, {9}),
      Known("PS", 5, {10}),
      Known("AU", 5, {11}),
      Known("RC", 5, {12}),
      Known("SY", 5, {18}),
      Known("LS", 5, {19}),
      Known("NS", 5, {20}),
      Known("WR", 5, {33}),
      Known("UD", 5, {84, 0, 0, 0, 0, 0}),
      Known("AC", 15, {2, 1}),
      Known("AS", 18, {1}),
      Known("SS", 18, {2}),
      Known("LW", 16, {0x1000}),
      Known("ME", 16, {0x2000}),
      Known("MP", 16, {0x2100}),
      Known("HI", 16, {0x3000}),
      Known("SI", 16, {0x4000}),
  };
  for (const auto& [code, rid] : kBuiltinRids) aliases.push_back(Known(code, 5, {32, rid}));
  for (const auto& [code, rid] : kDomainRids) aliases.push_back({code, Sid(), rid});
  return aliases;
}

const std::vector<Alias>& Aliases() {
  static const std::vector<Alias> aliases = MakeAliases();
  return aliases;
}

std::vector<Alias> MakeAliasesBySid() {
  std::vector<Alias> by_sid;
  std::ranges::copy_if(Aliases(), std::back_inserter(by_sid), [](const Alias& alias) { return !alias.rid; });
  std::ranges::sort(by_sid, {}, &Alias::sid);
  return by_sid;
}

}  // namespace

const TypeCode* FindType(std::string_view code) { return FindCode(kTypes, code); }

const TypeCode* FindType(AceType type) {
  auto found = std::ranges::find(kTypes, type, &TypeCode::type);
  return found == std::end(kTypes) ? nullptr : found;
}

const Symbol* FindRight(std::string_view code) { return FindCode(kRights, code); }

const Symbol* FindRight(AccessMask mask) {
  auto found = std::ranges::find(kRights, mask, &Symbol::value);
  return found == std::end(kRights) ? nullptr : found;
}

const Symbol* FindFlag(std::string_view code) { return FindCode(kFlags, code); }

std::span<const Symbol> FlagsToWrite() { return std::span(kFlags).first(kFlagsToWrite); }

std::span<const Symbol> LabelRights() { return std::span(kRights).last(kLabelRights); }

const Alias* FindAlias(std::string_view code) { return FindCode(Aliases(), code); }

std::string_view AliasOf(const Sid& sid) {
  static const std::vector<Alias> by_sid = MakeAliasesBySid();
  auto found = std::ranges::lower_bound(by_sid, sid, {}, &Alias::sid);
  return found != by_sid.end() && found->sid == sid ? found->code : std::string_view();
}

}  // namespace acledger::security::sddl
