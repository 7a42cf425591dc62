// SPDX-License-Identifier: MIT
#include <algorithm>

#include "security/descriptor.h"
#include "security/descriptor_layout.h"
#include "security/little_endian.h"

namespace acledger::security {
namespace {

Expected<DescriptorBytes> BuildAcl(const std::vector<DescriptorBytes>& aces, std::uint8_t revision) {
  DescriptorBytes acl(kAclHeaderBytes, 0);
  acl[kAclRevisionField] = revision;
  for (const DescriptorBytes& ace : aces) {
    if (ace.size() < kAceHeaderBytes || ace.size() % 4 != 0 || LoadU16(&ace[kAceSizeField]) != ace.size()) {
      return Fail(ErrorKind::kInvalid, "build ACL", "an ACE's size field is not the multiple of four that it occupies");
    }
    if (IsObjectType(AceView(ace).Type())) acl[kAclRevisionField] = std::max(acl[kAclRevisionField], kAclRevisionDs);
    acl.insert(acl.end(), ace.begin(), ace.end());
    if (acl.size() > kMaxAclBytes) return Fail(ErrorKind::kTooLarge, "build ACL", "an ACL holds at most 65532 bytes");
  }
  StoreU16(&acl[kAclSizeField], acl.size());
  StoreU16(&acl[kAceCountField], aces.size());
  return acl;
}

void Append(DescriptorBytes& descriptor, std::size_t offset_field, Bytes component) {
  StoreU32(&descriptor[offset_field], descriptor.size());
  descriptor.insert(descriptor.end(), component.begin(), component.end());
}

// Adds the ACL, if there is one, and tells which control bit speaks of it.
Expected<std::uint16_t> AppendAcl(DescriptorBytes& descriptor, std::size_t offset_field,
                                  DescriptorParts::AclState state, const std::vector<DescriptorBytes>& aces,
                                  std::uint8_t revision, std::uint16_t present_bit) {
  if (state == DescriptorParts::AclState::kAbsent) return 0;
  if (state == DescriptorParts::AclState::kPresent) {
    auto acl = BuildAcl(aces, revision);
    if (!acl) return std::unexpected(std::move(acl.error()));
    Append(descriptor, offset_field, *acl);
  }
  return present_bit;
}

}  // namespace

Expected<DescriptorBytes> Build(const DescriptorParts& parts) {
  DescriptorBytes descriptor(kDescriptorHeaderBytes, 0);
  descriptor[0] = 1;
  auto sacl_bit = AppendAcl(descriptor, kSaclField, parts.sacl_state, parts.sacl, parts.acl_revision, kSaclPresent);
  if (!sacl_bit) return std::unexpected(std::move(sacl_bit.error()));
  auto dacl_bit = AppendAcl(descriptor, kDaclField, parts.dacl_state, parts.dacl, parts.acl_revision, kDaclPresent);
  if (!dacl_bit) return std::unexpected(std::move(dacl_bit.error()));
  if (parts.owner) Append(descriptor, kOwnerField, parts.owner->AsBytes());
  if (parts.group) Append(descriptor, kGroupField, parts.group->AsBytes());
  std::uint16_t control = parts.control & static_cast<std::uint16_t>(~(kSaclPresent | kDaclPresent));
  StoreU16(&descriptor[kControlField], static_cast<std::uint16_t>(control | kSelfRelative | *sacl_bit | *dacl_bit));
  return descriptor;
}

DescriptorBytes MakeAce(AceType type, std::uint8_t flags, AccessMask mask, const Sid& sid) {
  std::size_t size = kAceMaskField + 4 + sid.Size();
  DescriptorBytes ace(size);
  ace[0] = static_cast<std::uint8_t>(type);
  ace[kAceFlagsField] = flags;
  StoreU16(&ace[kAceSizeField], size);
  StoreU32(&ace[kAceMaskField], mask);
  std::ranges::copy(sid.AsBytes(), ace.begin() + 8);
  return ace;
}

}  // namespace acledger::security
