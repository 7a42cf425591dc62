// SPDX-License-Identifier: MIT
#pragma once

#include "security/edit.h"
#include "security/inherited_aces.h"
#include "security/splice.h"

// Where an entry of ours belongs in a DACL. For the sources of this room only.
namespace acledger::security {

// Before the first inherited ACE, but behind every explicit deny.
AcePlace PlaceOfExplicit(const AclView& dacl);

// Behind the explicit ACEs and the inherited denies that lead the inherited ones.
AcePlace PlaceOfInherited(const AclView& dacl);

// Where inheritance from `parent`, which holds the ACE that `entry` comes from, puts it. If every inherited ACE of the
// child is a copy of what the parent passes on, in that order, the place is the one that Recompute() would choose:
// behind the copies of what precedes the entry there. Where the child holds other inherited ACEs too (it was moved
// here, or edited), the entry also goes behind the denies of PlaceOfInherited().
AcePlace PlaceBelow(const DescriptorView& parent, const AclView& dacl, const Entry& entry, const Heir& heir);

}  // namespace acledger::security
