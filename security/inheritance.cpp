// SPDX-License-Identifier: MIT
#include "security/inheritance.h"

#include "security/descriptor_layout.h"
#include "security/inherited_aces.h"
#include "security/splice.h"

namespace acledger::security {
namespace {

std::vector<DescriptorBytes> InheritedFrom(const DescriptorView& parent, const Heir& heir) {
  std::vector<DescriptorBytes> aces;
  if (parent.HasNullDacl()) return aces;  // A NULL DACL has no ACE to pass on.
  for (AceView ace : *parent.Dacl()) AppendInherited(ace, heir, aces);
  return aces;
}

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

}  // namespace acledger::security
