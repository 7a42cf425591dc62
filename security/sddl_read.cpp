// SPDX-License-Identifier: MIT
#include <algorithm>
#include <utility>

#include "security/little_endian.h"
#include "security/sddl.h"
#include "security/sddl_condition.h"
#include "security/sddl_cursor.h"
#include "security/sddl_tables.h"

namespace acledger::security {
namespace {

using sddl::AceForm;
using sddl::Cursor;
using sddl::HasCondition;
using sddl::HasGuids;

constexpr std::size_t kGuidLength = 36;
constexpr std::uint32_t kObjectTypePresent = 1;
constexpr std::uint32_t kInheritedObjectTypePresent = 2;
constexpr std::string_view kNullAcl = "NO_ACCESS_CONTROL";

using Guid = std::array<std::uint8_t, 16>;

// The control bits of one of the two ACLs.
struct AclBits {
  std::uint16_t is_protected, auto_inherited, auto_inherit_req;
};
constexpr AclBits kDaclBits{kDaclProtected, kDaclAutoInherited, kDaclAutoInheritReq};
constexpr AclBits kSaclBits{kSaclProtected, kSaclAutoInherited, kSaclAutoInheritReq};

void Append(DescriptorBytes& bytes, Bytes more) { bytes.insert(bytes.end(), more.begin(), more.end()); }

void AppendUint32(DescriptorBytes& bytes, std::uint32_t value) {
  bytes.resize(bytes.size() + 4);
  StoreU32(bytes.data() + bytes.size() - 4, value);
}

// Reads one whole text. Every method reads its part at the cursor and leaves the cursor behind it.
class Reader {
 public:
  Reader(std::string_view text, const SddlOptions& options) : cursor_(text), options_(options) {}

  Expected<DescriptorBytes> Read();

 private:
  // One "O:...", "G:...", "D:..." or "S:...".
  Expected<void> ReadComponent();
  Expected<void> ReadOwnerOrGroup(std::optional<Sid>& sid);
  Expected<void> ReadAcl(const AclBits& bits, DescriptorParts::AclState& state, std::vector<DescriptorBytes>& aces);
  bool TakeAclFlag(const AclBits& bits, bool& null_acl);

  Expected<DescriptorBytes> ReadAce();
  Expected<void> ReadBody(AceForm form, DescriptorBytes& ace);
  Expected<void> AppendCondition(DescriptorBytes& ace);
  Expected<const sddl::TypeCode*> ReadType();
  Expected<std::uint8_t> ReadFlags();
  Expected<std::optional<Guid>> ReadGuid(AceForm form);
  Expected<void> Separator();
  // Up to the separator or bracket that ends the field.
  std::string_view Field() const;

  Cursor cursor_;
  const SddlOptions& options_;
  DescriptorParts parts_;
};

Expected<DescriptorBytes> Reader::Read() {
  cursor_.SkipSpaces();
  while (!cursor_.AtEnd()) {
    if (auto done = ReadComponent(); !done) return std::unexpected(done.error());
    cursor_.SkipSpaces();
  }
  return Build(parts_);
}

Expected<void> Reader::ReadComponent() {
  using AclState = DescriptorParts::AclState;
  const std::size_t start = cursor_.Position();
  const char tag = cursor_.Peek();
  if (tag == '\0' || std::string_view("OGDS").find(tag) == std::string_view::npos) {
    return cursor_.Refuse("O:, G:, D: or S: expected");
  }
  cursor_.Advance();
  if (!cursor_.Take(':')) return cursor_.Refuse("':' expected");
  if ((tag == 'O' && parts_.owner) || (tag == 'G' && parts_.group) ||
      (tag == 'D' && parts_.dacl_state != AclState::kAbsent) ||
      (tag == 'S' && parts_.sacl_state != AclState::kAbsent)) {
    return Cursor::RefuseAt(start, std::string(1, tag) + ": is there twice");
  }
  if (tag == 'O') return ReadOwnerOrGroup(parts_.owner);
  if (tag == 'G') return ReadOwnerOrGroup(parts_.group);
  if (tag == 'D') return ReadAcl(kDaclBits, parts_.dacl_state, parts_.dacl);
  return ReadAcl(kSaclBits, parts_.sacl_state, parts_.sacl);
}

Expected<void> Reader::ReadOwnerOrGroup(std::optional<Sid>& sid) {
  cursor_.SkipSpaces();
  auto read = sddl::ReadSid(cursor_, options_);
  if (!read) return std::unexpected(read.error());
  sid = *read;
  return {};
}

Expected<void> Reader::ReadAcl(const AclBits& bits, DescriptorParts::AclState& state,
                               std::vector<DescriptorBytes>& aces) {
  bool null_acl = false;
  do cursor_.SkipSpaces();
  while (TakeAclFlag(bits, null_acl));
  state = null_acl ? DescriptorParts::AclState::kNull : DescriptorParts::AclState::kPresent;
  while (cursor_.Peek() == '(') {
    if (null_acl) return cursor_.Refuse("an ACE behind NO_ACCESS_CONTROL");
    auto ace = ReadAce();
    if (!ace) return std::unexpected(ace.error());
    aces.push_back(std::move(*ace));
    cursor_.SkipSpaces();
  }
  return {};
}

bool Reader::TakeAclFlag(const AclBits& bits, bool& null_acl) {
  auto take = [&](std::string_view flag) {
    if (!cursor_.Rest().starts_with(flag)) return false;
    cursor_.Advance(flag.size());
    return true;
  };
  auto set = [&](std::uint16_t bit) { parts_.control = static_cast<std::uint16_t>(parts_.control | bit); };
  if (take("P")) {
    set(bits.is_protected);
  } else if (take("AI")) {
    set(bits.auto_inherited);
  } else if (take("AR")) {
    set(bits.auto_inherit_req);
  } else if (take(kNullAcl)) {
    null_acl = true;
  } else {
    return false;
  }
  return true;
}

// (type;flags;rights;object GUID;inherited object GUID;SID), and ;(condition) where the type has one.
Expected<DescriptorBytes> Reader::ReadAce() {
  const std::size_t start = cursor_.Position();
  cursor_.Advance();
  auto type = ReadType();
  if (!type) return std::unexpected(type.error());
  auto flags = ReadFlags();
  if (!flags) return std::unexpected(flags.error());
  DescriptorBytes ace{static_cast<std::uint8_t>((*type)->type), *flags, 0, 0};
  if (auto body = ReadBody((*type)->form, ace); !body) return std::unexpected(body.error());
  if (HasCondition((*type)->form)) {
    if (auto condition = AppendCondition(ace); !condition) return std::unexpected(condition.error());
  } else if ((*type)->form == AceForm::kAttribute) {
    return Cursor::RefuseAt(start, "resource attributes are not supported", ErrorKind::kUnsupported);
  }
  if (!cursor_.Take(')')) return cursor_.Refuse("')' expected");
  if (ace.size() > kMaxAclBytes) return Cursor::RefuseAt(start, "the ACE is too long", ErrorKind::kTooLarge);
  StoreU16(&ace[2], ace.size());
  return ace;
}

// From the rights to the SID.
Expected<void> Reader::ReadBody(AceForm form, DescriptorBytes& ace) {
  cursor_.SkipSpaces();
  auto mask = sddl::ReadRights(cursor_);
  if (!mask) return std::unexpected(mask.error());
  if (auto end = Separator(); !end) return end;
  AppendUint32(ace, *mask);
  auto object = ReadGuid(form);
  if (!object) return std::unexpected(object.error());
  auto inherited_object = ReadGuid(form);
  if (!inherited_object) return std::unexpected(inherited_object.error());
  if (HasGuids(form)) {
    AppendUint32(ace, (*object ? kObjectTypePresent : 0) | (*inherited_object ? kInheritedObjectTypePresent : 0));
    if (*object) Append(ace, **object);
    if (*inherited_object) Append(ace, **inherited_object);
  }
  cursor_.SkipSpaces();
  auto sid = sddl::ReadSid(cursor_, options_);
  if (!sid) return std::unexpected(sid.error());
  Append(ace, sid->AsBytes());
  cursor_.SkipSpaces();
  return {};
}

Expected<void> Reader::AppendCondition(DescriptorBytes& ace) {
  if (auto end = Separator(); !end) return end;
  cursor_.SkipSpaces();
  auto condition = sddl::ReadCondition(cursor_, options_);
  if (!condition) return std::unexpected(condition.error());
  Append(ace, *condition);
  cursor_.SkipSpaces();
  return {};
}

std::string_view Reader::Field() const {
  const std::string_view rest = cursor_.Rest();
  return rest.substr(0, std::min(rest.find_first_of(";()"), rest.size()));
}

Expected<void> Reader::Separator() {
  if (!cursor_.Take(';')) return cursor_.Refuse("';' expected");
  return {};
}

Expected<const sddl::TypeCode*> Reader::ReadType() {
  cursor_.SkipSpaces();
  const std::string_view code = Field();
  const sddl::TypeCode* type = sddl::FindType(code);
  if (type == nullptr) return cursor_.Refuse("unknown ACE type");
  cursor_.Advance(code.size());
  if (auto end = Separator(); !end) return std::unexpected(end.error());
  return type;
}

Expected<std::uint8_t> Reader::ReadFlags() {
  std::uint8_t flags = 0;
  for (cursor_.SkipSpaces(); !cursor_.Take(';'); cursor_.Advance(2)) {
    const sddl::Symbol* flag = sddl::FindFlag(cursor_.Ahead(2));
    if (flag == nullptr) return cursor_.Refuse("unknown ACE flag");
    flags = static_cast<std::uint8_t>(flags | flag->value);
  }
  return flags;
}

// 00112233-4455-6677-8899-aabbccddeeff: the first three groups are numbers, so little-endian in the ACE.
Expected<std::optional<Guid>> Reader::ReadGuid(AceForm form) {
  static constexpr int kOrder[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
  cursor_.SkipSpaces();
  if (cursor_.Take(';')) return std::nullopt;
  if (form != AceForm::kObject && form != AceForm::kObjectCondition)
    return cursor_.Refuse("only object ACEs have GUIDs");
  Guid guid{};
  std::size_t digits = 0;
  for (std::size_t i = 0; i < kGuidLength; ++i, cursor_.Advance()) {
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (cursor_.Peek() != '-') return cursor_.Refuse("'-' of a GUID expected");
      continue;
    }
    const char c = cursor_.Peek();
    const bool decimal = c >= '0' && c <= '9';
    const char letter = static_cast<char>(c | 0x20);
    if (!decimal && (letter < 'a' || letter > 'f')) return cursor_.Refuse("hex digit of a GUID expected");
    const int value = decimal ? c - '0' : letter - 'a' + 10;
    std::uint8_t& byte = guid[static_cast<std::size_t>(kOrder[digits / 2])];
    byte = static_cast<std::uint8_t>(byte * 16 + value);
    ++digits;
  }
  if (auto end = Separator(); !end) return std::unexpected(end.error());
  return guid;
}

}  // namespace

Expected<DescriptorBytes> FromSddl(std::string_view text, const SddlOptions& options) {
  return Reader(text, options).Read();
}

Expected<Sid> SidFromSddl(std::string_view text, const SddlOptions& options) {
  Cursor cursor(text);
  auto sid = sddl::ReadSid(cursor, options);
  if (sid && !cursor.AtEnd()) return cursor.Refuse("something behind the SID");
  return sid;
}

Expected<AccessMask> RightsFromSddl(std::string_view text) {
  Cursor cursor(text);
  if (cursor.AtEnd()) return cursor.Refuse("access rights expected");
  auto mask = sddl::ReadRights(cursor);
  if (mask && !cursor.AtEnd()) return cursor.Refuse("unknown access right");
  return mask;
}

Expected<std::uint8_t> FlagsFromSddl(std::string_view text) {
  std::uint8_t flags = 0;
  for (Cursor cursor(text); !cursor.AtEnd(); cursor.Advance(2)) {
    const sddl::Symbol* flag = sddl::FindFlag(cursor.Ahead(2));
    if (flag == nullptr) return cursor.Refuse("unknown ACE flag");
    flags = static_cast<std::uint8_t>(flags | flag->value);
  }
  return flags;
}

}  // namespace acledger::security
