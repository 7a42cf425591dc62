// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <stdexcept>
#include <string>

#include "security/descriptor.h"
#include "security/sddl.h"

// Descriptors as SDDL text, for tests. A text or descriptor that is refused throws, which fails the test.
namespace acledger::security {

inline DescriptorBytes FromText(std::string_view sddl) {
  auto bytes = FromSddl(sddl);
  if (!bytes) throw std::runtime_error(bytes.error().ToString());
  return *bytes;
}

inline DescriptorView View(Bytes bytes) {
  auto view = DescriptorView::Parse(bytes);
  if (!view) throw std::runtime_error(view.error().ToString());
  return *view;
}

inline std::string ToText(Bytes bytes) {
  auto text = ToSddl(View(bytes));
  if (!text) throw std::runtime_error(text.error().ToString());
  return *text;
}

inline Sid SidOf(std::string_view text) {
  auto sid = SidFromSddl(text);
  if (!sid) throw std::runtime_error(sid.error().ToString());
  return *sid;
}

// The kind of error of a result that should be refused; empty if it was not.
template <class T>
std::optional<ErrorKind> KindOf(const Expected<T>& result) {
  return result ? std::nullopt : std::optional(result.error().kind);
}

// One ACE of any type whose body is a mask and a SID, with four bytes behind it that stand for a condition.
inline DescriptorBytes CallbackAce(AceType type, std::uint8_t flags, AccessMask mask, const Sid& sid) {
  DescriptorBytes ace = MakeAce(type, flags, mask, sid);
  ace.insert(ace.end(), {'a', 'r', 't', 'x'});
  ace[2] = static_cast<std::uint8_t>(ace.size());
  return ace;
}

// A descriptor of SYSTEM's with that DACL.
inline DescriptorBytes WithDacl(std::vector<DescriptorBytes> aces) {
  DescriptorParts parts;
  parts.owner = Sid::System();
  parts.dacl_state = DescriptorParts::AclState::kPresent;
  parts.dacl = std::move(aces);
  return *Build(parts);
}

}  // namespace acledger::security
