// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "security/sid.h"
#include "security/win32/nt_api.h"

namespace acledger::setup {

// An account or group of this machine by its name, as the system's own lookup has it.
struct NamedAccount {
  security::Sid sid;
  SID_NAME_USE use = SidTypeUnknown;  // SidTypeUser, SidTypeAlias (a local group), ...
};

// Asks for MACHINE\name, and for the name of the SID that comes back. None: the name stands for nobody on this machine.
// kMismatch: the two lookups contradict each other, or the SID is not one of this machine's.
Expected<std::optional<NamedAccount>> LookUpLocal(const std::string& name);

// A code of the functions on accounts and groups, with our words for those whose texts the system keeps elsewhere.
Error AccountError(const char* operation, std::uint32_t code, const std::string& name);

}  // namespace acledger::setup
