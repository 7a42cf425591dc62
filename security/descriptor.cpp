// SPDX-License-Identifier: MIT
#include "security/descriptor.h"

#include <algorithm>

#include "security/descriptor_layout.h"
#include "security/little_endian.h"

namespace acledger::security {
namespace {

// Puts the component's name and place before the reason, which the SID or ACL parser gave.
Error Within(const char* component, std::size_t offset, Error error) {
  error.reason = std::string(component) + " at byte " + std::to_string(offset) + ": " + error.reason;
  return error;
}

std::unexpected<Error> Refuse(std::string reason) {
  return Fail(ErrorKind::kInvalid, "parse descriptor", std::move(reason));
}

// Offset 0 is no component; any other must lie behind the header and within the bytes.
template <class T, class Parser>
Expected<std::optional<T>> ParseComponent(Bytes bytes, std::size_t field, const char* name, Parser parse) {
  std::size_t offset = LoadU32(&bytes[field]);
  if (offset == 0) return std::optional<T>();
  if (offset < kDescriptorHeaderBytes || offset >= bytes.size()) {
    return Refuse(std::string(name) + " at byte " + std::to_string(offset) + ": outside the " +
                  std::to_string(bytes.size()) + " bytes or inside the header");
  }
  Expected<T> parsed = parse(bytes.subspan(offset));
  if (!parsed) return std::unexpected(Within(name, offset, std::move(parsed.error())));
  return std::optional<T>(std::move(*parsed));
}

}  // namespace

Expected<DescriptorView> DescriptorView::Parse(Bytes bytes) {
  if (bytes.size() < kDescriptorHeaderBytes) return Refuse("shorter than its header of 20 bytes");
  if (bytes[0] != 1) return Refuse("its revision (byte 0) is " + std::to_string(bytes[0]));
  DescriptorView view;
  view.bytes_ = bytes;
  view.control_ = LoadU16(&bytes[kControlField]);
  if ((view.control_ & kSelfRelative) == 0) return Refuse("not self-relative (control, byte 2)");

  auto owner = ParseComponent<Sid>(bytes, kOwnerField, "owner", Sid::FromBytes);
  if (!owner) return std::unexpected(std::move(owner.error()));
  view.owner_ = *owner;
  auto group = ParseComponent<Sid>(bytes, kGroupField, "group", Sid::FromBytes);
  if (!group) return std::unexpected(std::move(group.error()));
  view.group_ = *group;
  if (view.control_ & kSaclPresent) {
    auto sacl = ParseComponent<AclView>(bytes, kSaclField, "SACL", AclView::Parse);
    if (!sacl) return std::unexpected(std::move(sacl.error()));
    view.sacl_ = *sacl;
  }
  if (view.control_ & kDaclPresent) {
    auto dacl = ParseComponent<AclView>(bytes, kDaclField, "DACL", AclView::Parse);
    if (!dacl) return std::unexpected(std::move(dacl.error()));
    view.dacl_ = *dacl;
  }
  return view;
}

bool SameSecurity(Bytes a, Bytes b) {
  if (std::ranges::equal(a, b)) return true;
  auto left = DescriptorView::Parse(a);
  auto right = DescriptorView::Parse(b);
  if (!left || !right) return false;
  constexpr std::uint16_t kMeaningful = kDaclProtected | kDaclAutoInherited;
  if ((left->Control() & kMeaningful) != (right->Control() & kMeaningful)) return false;
  if (left->Owner() != right->Owner() || left->Group() != right->Group()) return false;
  if (left->HasNullDacl() || right->HasNullDacl()) return left->HasNullDacl() == right->HasNullDacl();
  return left->Dacl()->AceCount() == right->Dacl()->AceCount() &&
         std::ranges::equal(AceBytesOf(*left->Dacl()), AceBytesOf(*right->Dacl()));
}

}  // namespace acledger::security
