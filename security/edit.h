// SPDX-License-Identifier: MIT
#pragma once

#include "security/descriptor.h"

namespace acledger::security {

// One allow ACE of ours: ACCESS_ALLOWED_ACE with exactly these flags (kInherited among them where it is an inherited
// copy).
struct Entry {
  Sid sid;
  AccessMask mask = kFileReadAndExecute;
  std::uint8_t flags = 0;

  bool operator==(const Entry&) const = default;
  // The whole ACE is byte for byte this entry.
  bool Matches(const AceView& ace) const;
};

enum class AddOutcome : std::uint8_t {
  kAdded,
  kPresentAlready,  // An identical ACE is there: it is not ours, and the bytes come back unchanged.
};
struct Added {
  AddOutcome outcome;
  DescriptorBytes bytes;
};

// Adds `entry` and changes nothing else: every other byte stays, in order; offsets of the components behind the DACL
// move by the size of the ACE. The inverse of RemoveEntry(), to the byte. Places:
//  * explicit: before the first inherited ACE, but never before an explicit deny;
//  * inherited: where inheritance from `parent` would put it, if a parent is given (its descriptor with the entry that
//    `entry` is inherited from): behind the child's copies of the parent's ACEs that precede it. Without a parent:
//    behind the explicit ACEs and the inherited denies that lead the inherited ones.
// Where a child's inherited ACEs are those of its parent, Recompute() gives the result of this edit. One case is left:
// if another ACE of the parent, behind the entry, passes on the very same ACE, the child has it already
// (kPresentAlready) and keeps it at the place of that other one. Refused: a NULL DACL (kUnsupported: the object is
// readable, an entry would close it), malformed or overlapping components (kInvalid), 64 KiB reached (kTooLarge).
Expected<Added> AddEntry(Bytes descriptor, const Entry& entry, const DescriptorView* parent = nullptr,
                         bool is_folder = false);

enum class RemoveOutcome : std::uint8_t { kRemoved, kAbsent };
struct Removed {
  RemoveOutcome outcome;
  DescriptorBytes bytes;
};

// Removes one ACE that is byte for byte `entry` (the first one of several); nothing else changes.
Expected<Removed> RemoveEntry(Bytes descriptor, const Entry& entry);

// Removes every plain allow ACE of the DACL that names `sid`, whatever its mask and flags, and nothing else.
struct Stripped {
  unsigned count = 0;
  DescriptorBytes bytes;
};
Expected<Stripped> RemoveEntriesOf(Bytes descriptor, const Sid& sid);

// How many ACEs of the DACL are byte for byte `entry`.
unsigned CountEntries(const DescriptorView& descriptor, const Entry& entry);
// How many ACEs of the DACL name `sid` as their trustee, of any type.
unsigned CountTrustee(const DescriptorView& descriptor, const Sid& sid);

}  // namespace acledger::security
