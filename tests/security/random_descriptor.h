// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>

#include "security/descriptor.h"
#include "security/edit.h"

// Random values for property tests. The same seed gives the same values on every platform.
namespace acledger::security {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t Next();
  std::uint32_t Bits() { return static_cast<std::uint32_t>(Next() >> 32); }
  std::uint32_t Below(std::uint32_t limit) { return static_cast<std::uint32_t>(Next() % limit); }  // limit > 0
  bool OneIn(std::uint32_t n) { return Below(n) == 0; }
  template <class T>
  const T& Of(std::span<const T> values) {
    return values[Below(static_cast<std::uint32_t>(values.size()))];
  }

 private:
  std::uint64_t state_;
};

// From a small pool, so that descriptors, tokens and entries meet: well-known SIDs, creator SIDs, a domain's accounts.
// Never CREATOR OWNER or CREATOR GROUP.
Sid RandomAccount(Random& random);
// An account, a creator SID, OWNER RIGHTS, or (rarely) any SID of any length.
Sid RandomSid(Random& random);
// Rights of files with generic ones among them, and rarely any bits.
AccessMask RandomMask(Random& random);
// OI, CI, NP, IO in every combination; INHERITED_ACE by `inherited`.
std::uint8_t RandomInheritance(Random& random, bool inherited);

// A plain allow or deny ACE.
DescriptorBytes RandomPlainAce(Random& random, bool inherited);
// Any ACE that AclView::Parse() lets pass: plain, object, callback, label, unknown types, bodies cut short or too long.
DescriptorBytes RandomAce(Random& random);

// Well laid out (Build()), with an owner, a group and a DACL of plain ACEs, explicit ones before inherited ones.
DescriptorBytes RandomTidyDescriptor(Random& random);
// Anything that DescriptorView::Parse() accepts and an edit too: unknown ACEs, any order, slack, gaps, trailing bytes,
// components in any order and at odd offsets, NULL and absent ACLs, meaningless offsets, any control bits.
DescriptorBytes RandomDescriptor(Random& random);
// Bytes that resemble a descriptor; often refused, often with overlapping components.
DescriptorBytes RandomBytes(Random& random);

// An allow entry of an account, with any flags.
Entry RandomEntry(Random& random);

}  // namespace acledger::security
