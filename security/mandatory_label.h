// SPDX-License-Identifier: MIT
#pragma once

#include "security/access_mask.h"
#include "security/descriptor.h"

// For the sources of this room only.
namespace acledger::security {

// The rights that the object's SYSTEM_MANDATORY_LABEL_ACE leaves to a token of that integrity level; all of them where
// the token is at or above the label (MS-DTYP 2.5.3.3). Below it, the mapping's read, write and execute rights remain,
// each unless the label forbids it, and nothing beyond them. Without a label: medium, NO_WRITE_UP. A label that cannot
// be read leaves nothing to anybody. Does not allocate.
AccessMask RightsLeftByLabel(const DescriptorView& descriptor, std::uint32_t integrity, const GenericMapping& mapping);

}  // namespace acledger::security
