// SPDX-License-Identifier: MIT
#pragma once

#include "security/descriptor.h"

// How an edit rewrites the ACEs of a DACL in place. For the sources of this room only.
namespace acledger::security {

// A place between two ACEs, or at an end of the list.
struct AcePlace {
  unsigned index = 0;        // How many ACEs lie before it.
  std::size_t position = 0;  // How many bytes they take.
};

// What becomes of a DACL: the ACEs between two places give way to others.
struct AceReplacement {
  AcePlace from, to;   // `from` not behind `to`.
  Bytes aces;          // Whole ACEs.
  unsigned count = 0;  // How many they are.
};

// The same descriptor with that replacement made. Every other byte stays; AclSize and AceCount are adapted, and so are
// the offsets of the components behind the DACL. Slack and whatever lies between the components is kept.
// Fails: a NULL DACL (kUnsupported), components that overlap (kInvalid), a result that is longer than the original and
// past kMaxAclBytes or kMaxDescriptorBytes (kTooLarge).
Expected<DescriptorBytes> SpliceDacl(const DescriptorView& descriptor, const AceReplacement& replacement,
                                     const char* operation);

}  // namespace acledger::security
