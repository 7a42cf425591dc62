// SPDX-License-Identifier: MIT
#include "security/inherited_aces.h"

#include <algorithm>
#include <numeric>
#include <tuple>

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

// The effective copy if creator SIDs or generic rights are to be replaced in it, which only plain ACEs have.
std::optional<DescriptorBytes> Replaced(const AceView& ace, const Heir& heir, std::uint8_t flags) {
  if (!ace.IsPlain()) return std::nullopt;
  Sid trustee = *ace.TrusteeSid();
  Sid standing = Standing(trustee, heir);
  AccessMask mapped = heir.mapping.Map(*ace.Mask());
  if (standing == trustee && mapped == *ace.Mask()) return std::nullopt;
  return MakeAce(ace.Type(), flags, mapped, standing);
}

// Keeps the first of equal ones.
void DropRepeated(std::vector<DescriptorBytes>& aces) {
  std::vector<std::size_t> order(aces.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) { return std::tie(aces[a], a) < std::tie(aces[b], b); });
  std::vector<bool> repeated(aces.size());
  bool any = false;
  for (std::size_t i = 1; i < order.size(); ++i) {
    if (aces[order[i]] != aces[order[i - 1]]) continue;
    repeated[order[i]] = any = true;
  }
  if (!any) return;
  std::vector<DescriptorBytes> kept;
  for (std::size_t i = 0; i < aces.size(); ++i) {
    if (!repeated[i]) kept.push_back(std::move(aces[i]));
  }
  aces = std::move(kept);
}

}  // namespace

void AppendInherited(const AceView& ace, const Heir& heir, std::vector<DescriptorBytes>& aces) {
  Passed passed = PassOn(ace.Flags(), heir.type);
  if (passed.effective) {
    auto replaced = Replaced(ace, heir, *passed.effective);
    if (!replaced && passed.inherit_only) {  // One ACE is both.
      aces.push_back(WithFlags(ace, Flags(*passed.inherit_only & ~kInheritOnly)));
      return;
    }
    aces.push_back(replaced ? std::move(*replaced) : WithFlags(ace, *passed.effective));
  }
  if (passed.inherit_only) aces.push_back(WithFlags(ace, *passed.inherit_only));
}

std::vector<DescriptorBytes> InheritedFrom(const DescriptorView& parent, const Heir& heir) {
  std::vector<DescriptorBytes> aces;
  if (parent.HasNullDacl()) return aces;
  for (AceView ace : *parent.Dacl()) AppendInherited(ace, heir, aces);
  DropRepeated(aces);
  return aces;
}

}  // namespace acledger::security
