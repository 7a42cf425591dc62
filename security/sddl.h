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
// WD, ...), hex, decimal and symbolic rights (FA FR FW FX GA GR GW GX KA KR KW KX, RC SD WD WO, CC DC LC SW RP WP DT LO CR),
// flags P AI AR NO_ACCESS_CONTROL, object, callback (conditional), resource and label ACEs. What is not understood
// is refused with the position (0-based, in `Error::reason`). Never crashes or reads past the text.
Expected<DescriptorBytes> FromSddl(std::string_view text, const SddlOptions& options = {});

// Text that FromSddl() turns into an equal descriptor (SameSecurity(), and the SACL). SIDs as aliases where SDDL has one
// that needs no domain, masks as symbols where one symbol is exact, else hex. Refused (kUnsupported, ACE index) where an
// ACE has no SDDL form.
Expected<std::string> ToSddl(const DescriptorView& descriptor);

// A SID as SDDL writes it: "BA", or "S-1-5-...".
Expected<Sid> SidFromSddl(std::string_view text, const SddlOptions& options = {});

}  // namespace acledger::security
