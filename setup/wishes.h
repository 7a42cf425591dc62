// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "security/sid.h"

namespace acledger::setup {

// Whose SID is granted access: the sandbox's group, which works wherever the accounts do; or one of our own, which does
// not change with the machine (for images), and which the service puts into the tokens that it makes.
enum class PrincipalKind : std::uint8_t { kGroup, kSynthetic };

// What somebody wants installed. Kept with the journal: `repair`, `status` and `uninstall` need no words of it.
struct Wishes {
  std::vector<security::Sid> users;  // Real ones; a sandbox each.
  std::vector<std::uint16_t> proxy_ports;
  std::vector<std::string> workspaces;  // Of all of them.
  PrincipalKind principal = PrincipalKind::kGroup;
  bool manual = false;  // Nothing is provisioned: no descriptor of a file changes.
  bool operator==(const Wishes&) const = default;
};

// As JSON, with a version. Reading takes nothing that it does not know. kInvalid: no such text; kUnsupported: of a
// newer version.
std::string Write(const Wishes& wishes);
Expected<Wishes> ReadWishes(const std::string& text);

}  // namespace acledger::setup
