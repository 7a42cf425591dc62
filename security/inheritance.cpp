// SPDX-License-Identifier: MIT
#include "security/inheritance.h"

#include <algorithm>

#include "security/descriptor_layout.h"
#include "security/inherited_aces.h"
#include "security/little_endian.h"
#include "security/splice.h"

namespace acledger::security {
namespace {

// The child's explicit ACEs in their order, then the inherited ones.
struct AceList {
  DescriptorBytes bytes;
  unsigned count = 0;
  bool has_object_ace = false;

  void Append(const AceView& ace) {
    bytes.insert(bytes.end(), ace.AsBytes().begin(), ace.AsBytes().end());
    ++count;
    has_object_ace = has_object_ace || IsObjectType(ace.Type());
  }
};

AceList Merge(const AclView& child, const std::vector<DescriptorBytes>& inherited) {
  AceList list;
  for (AceView ace : child) {
    if (!ace.IsInherited()) list.Append(ace);
  }
  for (const DescriptorBytes& ace : inherited) list.Append(AceView(ace));
  return list;
}

AcePlace EndOf(const AclView& dacl) { return {dacl.AceCount(), AceBytesOf(dacl).size()}; }

}  // namespace

Expected<DescriptorBytes> CreateInherited(const DescriptorView& parent, ObjectType type, const Creator& creator,
                                          const GenericMapping& mapping) {
  DescriptorParts parts;
  parts.control = kSelfRelative | kDaclAutoInherited;
  parts.owner = creator.owner;
  parts.group = creator.group;
  parts.dacl_state = DescriptorParts::AclState::kPresent;
  parts.dacl = InheritedFrom(parent, {type, creator.owner, creator.group, mapping});
  return Build(parts);
}

Expected<DescriptorBytes> Recompute(const DescriptorView& parent, const DescriptorView& child, ObjectType type,
                                    const GenericMapping& mapping) {
  Bytes before = child.AsBytes();
  if (child.IsDaclProtected() || child.HasNullDacl()) return DescriptorBytes(before.begin(), before.end());
  AceList list = Merge(*child.Dacl(), InheritedFrom(parent, {type, child.Owner(), child.Group(), mapping}));
  auto after = SpliceDacl(child, {.from = {}, .to = EndOf(*child.Dacl()), .aces = list.bytes, .count = list.count},
                          "recompute inheritance");
  if (!after) return after;
  StoreU16(&(*after)[kControlField], static_cast<std::uint16_t>(child.Control() | kDaclAutoInherited));
  std::uint8_t& revision = (*after)[LoadU32(&(*after)[kDaclField]) + kAclRevisionField];
  if (list.has_object_ace) revision = std::max(revision, kAclRevisionDs);
  return after;
}

}  // namespace acledger::security
