// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "security/access_mask.h"
#include "security/descriptor.h"

namespace acledger::security {

// Mandatory integrity levels (MS-DTYP 2.4.2.4, S-1-16-x).
inline constexpr std::uint32_t kMediumIntegrity = 0x2000;

// What an access check asks of a token. Order does not matter.
struct Token {
  std::vector<Sid> sids{};         // User and enabled groups.
  std::vector<Sid> deny_only{};    // Groups that count for deny ACEs alone.
  std::vector<Sid> restricting{};  // Empty: not a restricted token.
  bool write_restricted = false;   // The restricting SIDs are asked only for the write rights of the mapping.
  std::uint32_t integrity = kMediumIntegrity;
};

struct AccessResult {
  bool granted = false;          // Every wanted bit (or, for MAXIMUM_ALLOWED, at least one) was granted.
  AccessMask access = 0;         // Granted: the rights, generic bits mapped. Denied: 0.
  AccessMask missing = 0;        // Denied: the wanted bits that nothing granted or that were denied first.
  bool denied_by_entry = false;  // A deny ACE (also an opaque one) or a mandatory label stood in the way.
};

// The check of MS-DTYP 2.5.3.2 on a file's DACL: ACEs in order, the first that speaks of a bit decides it; generic
// rights mapped on both sides; inherit-only ACEs ignored; the owner has READ_CONTROL and WRITE_DAC unless an OWNER
// RIGHTS ACE is there (then only that counts); a NULL DACL grants all, an empty one nothing (but the owner's rights);
// MAXIMUM_ALLOWED collects; restricted tokens pass twice, write-restricted ones a second time for write rights only;
// SYSTEM_MANDATORY_LABEL with NO_WRITE_UP / NO_READ_UP / NO_EXECUTE_UP (default label: medium, no write up).
// Object ACEs without GUIDs and callback ACEs: an opaque allow never grants, an opaque deny denies (safe side).
// No privileges are considered. Pure; does not allocate.
AccessResult CheckAccess(const DescriptorView& descriptor, const Token& token, AccessMask wanted,
                         const GenericMapping& mapping = kFileMapping);

}  // namespace acledger::security
