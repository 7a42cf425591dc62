// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "scanner/path.h"
#include "security/error.h"
#include "store/ledger.h"

namespace acledger::scanner {

// Why a name is not granted.
enum class Exclusion : std::uint8_t {
  kNone,
  kSensitive,   // The list of credential stores and the like.
  kExcluded,    // A --exclude glob.
  kNotAllowed,  // Below AppData, and not on the allow-list.
};

// How a folder takes part in a grant.
struct FolderRules {
  // No inheritable entry here: a name that is left out could be created in it later, at any depth (a profile root,
  // AppData, a folder below which an --exclude glob can match). Also true for what is itself left out.
  bool no_inheritable_entry = false;
  // No entry at all on the folder itself: a profile root, AppData, AppData\Local, AppData\Roaming, AppData\LocalLow,
  // whatever is only passed through on the way to an allowed place, and what is itself left out.
  bool no_entry = false;
};

// What one grant leaves out, decided from names alone. Immutable; any thread; copies share their rules.
// Case: folded as NTFS does (simple upper-casing by code unit).
//
// The promise that later files rest on: if a path is left out by ExcludedAnywhere(), then for each folder above it,
// from the grant's root down, RulesFor() says no_inheritable_entry. One exception: a sensitive name (".ssh") is left
// out wherever it is found, but expected in advance only in a profile. Anywhere else it may inherit when it is created,
// until the next run strips it.
class Policy {
 public:
  struct Options {
    // Globs relative to the root; see glob.h.
    std::vector<std::string> excludes = {};
    // Empty: DefaultSensitiveNames(). Forms: see sensitive_places.h.
    std::vector<std::string> sensitive_names = {};
    // Empty: DefaultAppDataAllowed(). Relative to AppData: "Local\Programs".
    std::vector<std::string> appdata_allowed = {};
    // Beside either list: places that ~/.ssh/config names (SshConfigTargets()) and the like, from the volume's root.
    std::vector<PathComponents> extra_sensitive_paths = {};
    // For an image whose preparer knows better: only `excludes`, `extra_sensitive_paths` and our own state count.
    bool no_default_exclusions = false;
  };
  // What was said with the grant. kInvalid for a path among them that is none.
  static Expected<Options> OptionsOf(const store::Rules& rules);

  // `root` is the grant's root. kInvalid for a bad glob or list entry, with the entry and the position.
  static Expected<Policy> Make(const PathComponents& root, const Options& options);
  static Expected<Policy> Of(const PathComponents& root, const store::Rules& rules);

  // Whether `path` (components from the volume's root, at or below the grant's root) is left out by its own name or
  // place. A path below an excluded one is excluded too, but this looks at `path` itself only: a walk does not descend
  // there.
  Exclusion Excluded(const PathComponents& path, bool is_folder) const;
  // The same for `path` and all its ancestors down to the grant's root; for questions about single paths.
  Exclusion ExcludedAnywhere(const PathComponents& path, bool is_folder) const;
  // The glob or list entry that Excluded() matched, for `explain`; empty if none did.
  std::string Why(const PathComponents& path, bool is_folder) const;

  FolderRules RulesFor(const PathComponents& folder) const;

  // Why no grant may have this root, for a person; nothing if it may. Refused: a volume's root (but not in an image),
  // and anything at or below a sensitive place or our own state. `\Users` and the like are allowed, and expanded. Looks
  // at names only: give the names as the volume holds them, since a DOS name (SSH~1) tells nothing.
  static std::optional<std::string> RefusedRoot(const PathComponents& root, bool is_image, const Options& options);
  static std::optional<std::string> RefusedRoot(const PathComponents& root, bool is_image);

  static const std::vector<std::string>& DefaultSensitiveNames();
  static const std::vector<std::string>& DefaultAppDataAllowed();

 private:
  struct Rules;
  explicit Policy(std::shared_ptr<const Rules> rules) : rules_(std::move(rules)) {}

  std::shared_ptr<const Rules> rules_;
};

}  // namespace acledger::scanner
