// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "security/error.h"

namespace acledger::scanner {

// A path below a volume's root as components, outermost first, without drive letter. Empty: the root itself.
// Components are UTF-16 as the volume holds them.
using PathComponents = std::vector<std::u16string>;

// Splits what a user wrote: "C:\Users\dev", "\Users\dev", "/Users/dev", "\\?\C:\x", "\". A drive letter is returned apart (0 if none).
// kInvalid, with the reason: a relative path, "." or "..", an empty component in the middle, UNC, a stream (':'), a control character,
// a device name below nothing, invalid UTF-8.
struct ParsedPath {
  char drive = 0;  // 'C', upper case.
  PathComponents components;
};
Expected<ParsedPath> ParsePath(std::string_view text);
// "\Users\dev", "C:\Users\dev" with a drive; "\" or "C:\" for the root. WTF-8.
std::string FormatPath(const PathComponents& components, char drive = 0);

// Why a name is not granted.
enum class Exclusion : std::uint8_t {
  kNone,
  kSensitive,  // The built-in list of credential stores and the like.
  kExcluded,   // A --exclude glob.
  kNotAllowed, // Below AppData, and not on the allow-list.
};

// How a folder takes part in a grant.
struct FolderRules {
  // No inheritable entry here: a name that is excluded could be created directly in it later (a profile root, AppData, a
  // folder in which an --exclude glob can match).
  bool no_inheritable_entry = false;
  // No entry at all on the folder itself: a profile root, AppData, AppData\Local, AppData\Roaming, AppData\LocalLow, and whatever is
  // only passed through on the way to an allowed place.
  bool no_entry = false;
};

// What one grant leaves out, decided from names alone; immutable, any thread.
// Case: folded as NTFS does (simple upper-casing by code unit).
class Policy {
 public:
  struct Options {
    std::vector<std::string> excludes;          // Globs relative to the root; `*` and `?` within a component, `**` across.
    std::vector<std::string> sensitive_names;   // Empty: DefaultSensitiveNames().
    std::vector<std::string> appdata_allowed;   // Empty: DefaultAppDataAllowed(). Relative to AppData: "Local\Programs".
    bool no_default_exclusions = false;         // For an image whose preparer knows better: only `excludes` count.
  };
  // `root` is the grant's root. kInvalid for a bad glob, with the glob and the position.
  static Expected<Policy> Make(const PathComponents& root, Options options);

  // Whether `path` (components from the volume's root, at or below the grant's root) is left out by its own name or place.
  // A path below an excluded one is excluded too, but this looks at `path` itself only: a walk does not descend there.
  Exclusion Excluded(const PathComponents& path, bool is_folder) const;
  // The same for `path` and all its ancestors down to the grant's root; for questions about single paths.
  Exclusion ExcludedAnywhere(const PathComponents& path, bool is_folder) const;
  // The glob or list entry that Excluded() matched, for `explain`.
  std::string Why(const PathComponents& path, bool is_folder) const;

  FolderRules RulesFor(const PathComponents& folder) const;

  static const std::vector<std::string>& DefaultSensitiveNames();
  static const std::vector<std::string>& DefaultAppDataAllowed();

 private:
  Policy() = default;
  // (members belong to the implementation)
};

}  // namespace acledger::scanner
