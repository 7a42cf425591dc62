// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <vector>

#include "security/ace.h"
#include "security/descriptor.h"
#include "security/inheritance.h"

// What one ACE of a parent becomes on a child. For the sources of this room only.
namespace acledger::security {

// The child that inherits.
struct Heir {
  ObjectType type = ObjectType::kFile;
  std::optional<Sid> owner, group;  // Where one is missing, CREATOR OWNER or CREATOR GROUP has nobody to stand for.
  GenericMapping mapping = kFileMapping;
};

// Appends to `aces` what `ace` of the parent passes on to the heir: none, one, or two ACEs (the effective one first,
// then the inherit-only one that hands the original trustee and mask further down). MS-DTYP 2.5.3.4.5 and 2.5.3.4.7.
void AppendInherited(const AceView& ace, const Heir& heir, std::vector<DescriptorBytes>& aces);

// All that the parent passes on, in its order; nothing from a NULL DACL. Of equal ACEs only the first is passed on:
// MS-DTYP does not say so, but Windows does it (a folder of SYSTEM below Program Files has one effective ACE for
// SYSTEM, although CREATOR OWNER gives it another one), and so does libsamba.
std::vector<DescriptorBytes> InheritedFrom(const DescriptorView& parent, const Heir& heir);

}  // namespace acledger::security
