// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "scanner/glob.h"
#include "security/error.h"

namespace acledger::scanner {

// AppData holds tools among secrets, so it is granted by an allow-list. A root of a grant that lies deeper in AppData
// than Local, LocalLow and Roaming is a wish of its own: then the list does not apply. Immutable.
class AppDataRules {
 public:
  // `allowed`: globs relative to AppData ("Local\Programs"). kInvalid for a bad one.
  static Expected<AppDataRules> Make(const PathComponents& root, const std::vector<std::string>& allowed);

  enum class Place : std::uint8_t {
    kElsewhere,  // Not in an AppData folder, or the list does not apply.
    kPassedBy,   // AppData, or on the way to an allowed place: walked through, no entry of ours.
    kAllowed,
    kNotAllowed,
  };
  // Of `path` itself; a file is never passed by.
  Place PlaceOf(std::span<const std::u16string> path, bool is_folder) const;

 private:
  bool applies_ = true;
  std::vector<Glob> allowed_;  // Relative to AppData.
};

// A folder directly below \Users and its like.
bool IsProfileFolder(std::span<const std::u16string> path);

}  // namespace acledger::scanner
