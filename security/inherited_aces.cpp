// SPDX-License-Identifier: MIT
#include "security/inherited_aces.h"

#include <set>

#include "security/descriptor_layout.h"

namespace acledger::security {
namespace {

constexpr std::uint8_t kInheritanceFlags = kObjectInherit | kContainerInherit | kNoPropagateInherit | kInheritOnly;

std::uint8_t Flags(unsigned flags) { return static_cast<std::uint8_t>(flags); }

// The flags of the copy that counts on the heir itself, and of the copy that is there for what lies below it.
// Empty: there is no such copy.
struct Passed {
  std::optional<std::uint8_t> effective, inherit_only;
};

// The table of "ACE inheritance rules" in the Win32 documentation.
Passed PassOn(std::uint8_t flags, ObjectType type) {
  std::uint8_t others = Flags((flags & ~kInheritanceFlags) | kInherited);  // Audit and unknown flags stay.
  std::uint8_t inheritance = flags & (kObjectInherit | kContainerInherit);
  bool further = (flags & kNoPropagateInherit) == 0;
  if (type == ObjectType::kFile) {
    if ((flags & kObjectInherit) == 0) return {};
    return {.effective = others, .inherit_only = {}};
  }
  Passed passed;
  if (flags & kContainerInherit) passed.effective = others;
  if (inheritance != 0 && further) passed.inherit_only = Flags(others | inheritance | kInheritOnly);
  return passed;
}

Sid Standing(const Sid& trustee, const Heir& heir) {
  if (trustee == Sid::CreatorOwner() && heir.owner) return *heir.owner;
  if (trustee == Sid::CreatorGroup() && heir.group) return *heir.group;
  return trustee;
}

DescriptorBytes WithFlags(const AceView& ace, std::uint8_t flags) {
  DescriptorBytes copy(ace.AsBytes().begin(), ace.AsBytes().end());
  copy[kAceFlagsField] = flags;
  return copy;
}

// The effective copy with creator SIDs and generic rights replaced; the bytes of `ace` with other flags where there are
// none, and for every type that is not plain.
DescriptorBytes Effective(const AceView& ace, const Heir& heir, std::uint8_t flags) {
  if (!ace.IsPlain()) return WithFlags(ace, flags);
  Sid trustee = *ace.TrusteeSid();
  Sid standing = Standing(trustee, heir);
  AccessMask mapped = heir.mapping.Map(*ace.Mask());
  if (standing == trustee && mapped == *ace.Mask()) return WithFlags(ace, flags);
  return MakeAce(ace.Type(), flags, mapped, standing);
}

}  // namespace

void AppendInherited(const AceView& ace, const Heir& heir, std::vector<DescriptorBytes>& aces) {
  Passed passed = PassOn(ace.Flags(), heir.type);
  if (passed.effective && passed.inherit_only) {
    DescriptorBytes effective = Effective(ace, heir, *passed.effective);
    if (effective == WithFlags(ace, *passed.effective)) {  // Nothing replaced: one ACE is both.
      aces.push_back(WithFlags(ace, Flags(*passed.inherit_only & ~kInheritOnly)));
      return;
    }
    aces.push_back(std::move(effective));
  } else if (passed.effective) {
    aces.push_back(Effective(ace, heir, *passed.effective));
  }
  if (passed.inherit_only) aces.push_back(WithFlags(ace, *passed.inherit_only));
}

std::vector<DescriptorBytes> InheritedFrom(const DescriptorView& parent, const Heir& heir) {
  std::vector<DescriptorBytes> aces;
  if (parent.HasNullDacl()) return aces;
  std::set<DescriptorBytes> seen;
  std::vector<DescriptorBytes> passed;
  for (AceView ace : *parent.Dacl()) {
    passed.clear();
    AppendInherited(ace, heir, passed);
    for (DescriptorBytes& copy : passed) {
      if (seen.insert(copy).second) aces.push_back(std::move(copy));
    }
  }
  return aces;
}

}  // namespace acledger::security
