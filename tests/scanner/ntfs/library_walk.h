// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "security/descriptor.h"

namespace acledger::scanner::ntfs {

// What libntfs-3g says of one object: an independent answer to compare a catalogue with.
struct WalkedObject {
  std::uint64_t id = 0;  // Sequence number in the upper 16 bits.
  bool is_folder = false;
  std::uint32_t attributes = 0, reparse_tag = 0;
  security::DescriptorBytes descriptor;                      // Found by $SII. Empty: it has none.
  std::vector<std::pair<std::uint64_t, std::string>> names;  // Parent and WTF-8, without DOS names; sorted.

  bool operator==(const WalkedObject&) const = default;
};

// Opens every record of the image with the library, by number. Throws where it cannot.
std::vector<WalkedObject> WalkImage(const std::string& image);

}  // namespace acledger::scanner::ntfs
