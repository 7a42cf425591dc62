// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "security/access_mask.h"
#include "security/error.h"
#include "security/sid.h"
#include "store/ledger.h"

namespace acledger::store {

// How much the daemon writes down: this and what is worse.
enum class LogLevel : std::uint8_t { kError, kWarning, kInfo, kDebug };
const char* Name(LogLevel level);

// What the daemon may be told while it runs, but for `max_clients`.
struct DaemonConfig {
  LogLevel log_level = LogLevel::kInfo;
  bool full_speed = false;
  bool waits_on_battery = true;
  unsigned verify_hours = 24;
  unsigned max_clients = 64;

  bool operator==(const DaemonConfig&) const = default;
};

// What `acledger.toml` says: defaults for what the command line leaves out. Every key but `version` may be missing.
//
//   version = 1                               # of this format
//   principal = "S-1-5-21-1-2-3-1001"
//   roots = ['C:\Users\dev', 'C:\work']       # single quotes: TOML takes '\' as it stands
//   exclude = ["**/*.pem"]                    # globs, relative to the root
//   mask = 0x1200A9
//   protected = "report"                      # or "grant"
//   token_sids = ["S-1-5-32-545"]             # what the principal's token holds too
//   sensitive_names = [".ssh", ".aws"]        # instead of the built-in list
//   appdata_allowed = ['Local\Programs']      # instead of the built-in list
//   [users]                                   # to whom users who are no administrators may have granted: none else
//   "S-1-5-21-1-2-3-1002" = ["S-1-5-21-1-2-3-2002"]
using UserPrincipals = std::map<std::string, std::vector<security::Sid>>;  // By the user's SID.

//
//   [daemon]                                  # what acledgerd looks at
//   log_level = "info"                        # "error", "warning", "info", "debug"
//   full_speed = false                        # true: never give way to other programs
//   on_battery = "wait"                       # while the battery saver is on; or "go"
//   verify_hours = 24                         # look at everything again so often; 0: never
//   max_clients = 64                          # at a time; counts from the next start
struct Config {
  std::optional<security::Sid> principal;
  std::vector<std::string> roots;
  std::vector<std::string> excludes;
  std::optional<security::AccessMask> mask;
  std::optional<ProtectedPolicy> protected_policy;
  std::vector<security::Sid> token_sids;
  std::vector<std::string> sensitive_names;  // Empty: the built-in list.
  std::vector<std::string> appdata_allowed;  // Empty: the built-in list.
  UserPrincipals users;
  DaemonConfig daemon;
};

// kInvalid with "PATH:LINE" as path and the reason: bad TOML, an unknown key (a typo in an exclusion must not pass in
// silence), a wrong type, a bad value, a missing or other version (kUnsupported for a newer one). Of several the first
// in the file is told.
Expected<Config> ParseConfig(std::string_view text, const std::string& path);

// Reads the file that the user named, or else the one at the default place, which may be missing: then nothing is set.
// kNotFound, kDenied, kIo, kTooLarge (1 MiB) and the errors of ParseConfig().
Expected<Config> ReadConfig(const std::optional<std::string>& named_path, const std::string& default_path);

}  // namespace acledger::store
