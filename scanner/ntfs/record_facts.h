// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <vector>

#include "scanner/ntfs/attributes.h"

namespace acledger::scanner::ntfs {

// The attributes of one record that matter here; views into it.
struct RecordFacts {
  std::optional<StandardInformation> information;
  std::optional<AttributeView> own_descriptor, reparse_point, list;
  std::vector<FileName> names;                                                        // DOS names too.
  unsigned informations = 0, own_descriptors = 0, reparse_points = 0, bad_names = 0;  // As many as there are.

  // Replaces what was gathered before; the room for names is reused.
  void Gather(const RecordView& record);
  bool IsEmpty() const {
    return informations == 0 && own_descriptors == 0 && reparse_points == 0 && bad_names == 0 && names.empty();
  }
};

}  // namespace acledger::scanner::ntfs
