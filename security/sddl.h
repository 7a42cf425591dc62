// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "security/descriptor.h"

namespace acledger::security {

struct SddlOptions {
  std::optional<Sid> domain;  // S-1-5-21-a-b-c: what LA, LG, DA, DU, ... are relative to. Without it they are refused.
};

// Security Descriptor Definition Language (MS-DTYP 2.5.1) to the bytes of a self-relative descriptor. Aliases (BA, SY,
// WD, ...), hex, decimal, octal and symbolic rights (FA FR FW FX GA GR GW GX KA KR KW KX, RC SD WD WO, CC DC LC SW RP
// WP DT LO CR, NW NR NX), flags P AI AR NO_ACCESS_CONTROL, object, callback (conditional), resource and label ACEs. The
// four parts may come in any order, once each; case does not count but in O: G: D: S: and P AI AR; spaces may lead a
// field, as on Windows. What is not understood is refused with the position (0-based, in `Error::reason`): a condition
// or a resource attribute with kUnsupported. Never crashes or reads past the text.
Expected<DescriptorBytes> FromSddl(std::string_view text, const SddlOptions& options = {});

// Text that FromSddl() turns into an equal descriptor (SameSecurity(), and the SACL's ACEs). SIDs as aliases where SDDL
// has one that needs no domain, masks as symbols where one symbol is exact, else hex (labels: NW NR NX together). A
// DACL that is absent is not written, unless it is protected or auto-inherited: then it is NO_ACCESS_CONTROL, which
// means the same. Refused (kUnsupported, ACE index) where an ACE has no SDDL form: a type without a code, a malformed
// body, bytes behind the SID. Not written: the ACL's revision and slack, and control bits other than P, AI, AR.
Expected<std::string> ToSddl(const DescriptorView& descriptor);

// A SID as SDDL writes it: "BA", or "S-1-5-...".
Expected<Sid> SidFromSddl(std::string_view text, const SddlOptions& options = {});

// The rights and flags fields of an ACE: "0x1200A9", "FRFX"; "OICI".
Expected<AccessMask> RightsFromSddl(std::string_view text);
Expected<std::uint8_t> FlagsFromSddl(std::string_view text);

}  // namespace acledger::security
