// SPDX-License-Identifier: MIT
#include <utility>

#include "security/little_endian.h"
#include "security/sddl.h"
#include "security/sddl_condition.h"
#include "security/sddl_tables.h"

namespace acledger::security {
namespace {

using sddl::AceForm;

constexpr std::size_t kMaskOffset = 4;
constexpr std::size_t kPlainSidOffset = 8;
constexpr std::size_t kObjectFlagsOffset = 8;
constexpr std::size_t kGuidsOffset = 12;
constexpr std::size_t kGuidSize = 16;
constexpr char kHexDigits[] = "0123456789abcdef";

void AppendHex(std::string& text, std::uint32_t value) {
  text += "0x";
  int shift = 28;
  while (shift > 0 && value >> shift == 0) shift -= 4;
  for (; shift >= 0; shift -= 4) text += kHexDigits[value >> shift & 0xF];
}

void AppendSid(std::string& text, const Sid& sid) {
  const std::string_view alias = sddl::AliasOf(sid);
  if (alias.empty()) {
    text += sid.ToString();
  } else {
    text += alias;
  }
}

void AppendFlags(std::string& text, AceType type, std::uint8_t flags) {
  for (const sddl::Symbol& flag : sddl::FlagsToWrite()) {
    if ((flags & flag.value) == 0) continue;
    text += flag.value == kSuccessfulAccess && type == AceType::kSystemAccessFilter ? "TP" : flag.code;
  }
}

void AppendRights(std::string& text, AceType type, AccessMask mask) {
  if (mask == 0) return;
  if (type == AceType::kSystemMandatoryLabel && mask <= 0x7) {
    for (const sddl::Symbol& right : sddl::LabelRights()) {
      if ((mask & right.value) != 0) text += right.code;
    }
  } else if (const sddl::Symbol* right = sddl::FindRight(mask)) {
    text += right->code;
  } else {
    AppendHex(text, mask);
  }
}

// 16 bytes at the front of `bytes`; the first three groups are little-endian numbers.
void AppendGuid(std::string& text, Bytes bytes) {
  static constexpr std::size_t kOrder[kGuidSize] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
  for (std::size_t i = 0; i < kGuidSize; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += kHexDigits[bytes[kOrder[i]] >> 4];
    text += kHexDigits[bytes[kOrder[i]] & 0xF];
  }
}

// What stands between the rights and the SID of one ACE, with all three separators, and where the SID begins.
// Empty: there is no SDDL form.
std::optional<std::size_t> AppendGuids(std::string& text, const AceView& ace, AceForm form) {
  if (!sddl::HasGuids(form)) {
    text += ";;;";
    return kPlainSidOffset;
  }
  const Bytes bytes = ace.AsBytes();
  if (bytes.size() < kGuidsOffset) return std::nullopt;
  const std::uint32_t present = LoadU32(&bytes[kObjectFlagsOffset]);
  if ((present & ~3u) != 0) return std::nullopt;
  std::size_t offset = kGuidsOffset;
  for (const std::uint32_t bit : {1u, 2u}) {
    text += ';';
    if ((present & bit) == 0) continue;
    if (bytes.size() < offset + kGuidSize) return std::nullopt;
    AppendGuid(text, bytes.subspan(offset));
    offset += kGuidSize;
  }
  text += ';';
  return offset;
}

// False: this ACE has no SDDL form.
bool AppendAce(std::string& text, const AceView& ace) {
  const sddl::TypeCode* type = sddl::FindType(ace.Type());
  if (type == nullptr || ace.Size() < kPlainSidOffset) return false;
  if (type->form == AceForm::kAttribute) return false;
  text += '(';
  text += type->code;
  text += ';';
  AppendFlags(text, ace.Type(), ace.Flags());
  text += ';';
  AppendRights(text, ace.Type(), LoadU32(&ace.AsBytes()[kMaskOffset]));
  const auto sid_offset = AppendGuids(text, ace, type->form);
  if (!sid_offset) return false;
  const auto sid = Sid::FromBytes(ace.AsBytes().subspan(*sid_offset));
  if (!sid) return false;
  AppendSid(text, *sid);
  const Bytes behind_sid = ace.AsBytes().subspan(*sid_offset + sid->Size());
  if (sddl::HasCondition(type->form)) {
    const auto condition = sddl::WriteCondition(behind_sid);
    if (!condition) return false;
    text += ';';
    text += *condition;
  } else if (!behind_sid.empty()) {
    return false;  // They would be lost.
  }
  text += ')';
  return true;
}

Expected<void> AppendAces(std::string& text, const AclView& acl, const char* acl_name) {
  unsigned index = 0;
  for (const AceView ace : acl) {
    if (!AppendAce(text, ace)) {
      return Fail(ErrorKind::kUnsupported, "write SDDL",
                  "ACE " + std::to_string(index) + " of the " + acl_name + " (type " +
                      std::to_string(static_cast<unsigned>(ace.Type())) + ") has no SDDL form");
    }
    ++index;
  }
  return {};
}

struct AclText {
  const char* tag;
  const char* name;
  std::uint16_t present, is_protected, auto_inherit_req, auto_inherited;
  // Written even where the ACL is absent, since they tell how the object takes part in inheritance.
  std::uint16_t written_without_acl;
};
constexpr AclText kDaclText{"D:",
                            "DACL",
                            kDaclPresent,
                            kDaclProtected,
                            kDaclAutoInheritReq,
                            kDaclAutoInherited,
                            kDaclProtected | kDaclAutoInherited};
constexpr AclText kSaclText{"S:", "SACL", kSaclPresent, kSaclProtected, kSaclAutoInheritReq, kSaclAutoInherited, 0};

Expected<void> AppendAcl(std::string& text, std::uint16_t control, const std::optional<AclView>& acl,
                         const AclText& names) {
  if (!acl && (control & (names.present | names.written_without_acl)) == 0) return {};
  text += names.tag;
  if ((control & names.is_protected) != 0) text += 'P';
  if ((control & names.auto_inherit_req) != 0) text += "AR";
  if ((control & names.auto_inherited) != 0) text += "AI";
  if (acl) return AppendAces(text, *acl, names.name);
  text += "NO_ACCESS_CONTROL";
  return {};
}

}  // namespace

Expected<std::string> ToSddl(const DescriptorView& descriptor) {
  std::string text;
  if (descriptor.Owner()) {
    text += "O:";
    AppendSid(text, *descriptor.Owner());
  }
  if (descriptor.Group()) {
    text += "G:";
    AppendSid(text, *descriptor.Group());
  }
  const std::uint16_t control = descriptor.Control();
  if (auto done = AppendAcl(text, control, descriptor.Dacl(), kDaclText); !done) return std::unexpected(done.error());
  if (auto done = AppendAcl(text, control, descriptor.Sacl(), kSaclText); !done) return std::unexpected(done.error());
  return text;
}

}  // namespace acledger::security
