// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "security/descriptor.h"

namespace acledger::security {

enum class ObjectType : std::uint8_t { kFile, kFolder };

// Who creates: fills CREATOR OWNER and CREATOR GROUP, and owner and group of the new descriptor.
struct Creator {
  Sid owner, group;
};

// The descriptor of a new object below `parent` (MS-DTYP 2.5.3.4.1 CreateSecurityDescriptor with DACL_AUTO_INHERIT, and
// no explicit descriptor and no default DACL given): all inheritable ACEs, split where one is both effective and
// inheritable with a changing trustee or generic mask; inherited ACEs carry INHERITED_ACE. The flags follow "ACE
// inheritance rules" of the Win32 documentation; ACEs other than plain ones are copied with changed flags alone. Of
// equal inherited ACEs the child gets one. A parent that passes nothing on (a NULL DACL never does) gives an empty
// DACL, which no one but the owner can open: Windows would take the creator's default DACL there. Fails: kTooLarge.
Expected<DescriptorBytes> CreateInherited(const DescriptorView& parent, ObjectType type, const Creator& creator,
                                          const GenericMapping& mapping = kFileMapping);

// The descriptor of an existing child after inheritance from `parent` was propagated again (MS-DTYP 2.5.3.4, "automatic
// propagation of inheritable ACEs"): its explicit ACEs stay in order, its inherited ones are replaced by what the
// parent passes on, behind the explicit ones; AUTO_INHERITED is set; a protected or NULL DACL comes back unchanged; the
// owner and group of the child fill CREATOR OWNER/GROUP. All other bytes stay, as with the edits of edit.h.
// Fails: components that overlap (kInvalid), 64 KiB reached (kTooLarge).
Expected<DescriptorBytes> Recompute(const DescriptorView& parent, const DescriptorView& child, ObjectType type,
                                    const GenericMapping& mapping = kFileMapping);

}  // namespace acledger::security
