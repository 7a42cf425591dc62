// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "setup/wishes.h"

namespace acledger::setup {

enum class Verb : std::uint8_t { kPlan, kInstall, kRepair, kUninstall, kStatus };
const char* Name(Verb verb);  // As it is typed: "install".

// What `acledger-setup` returns to the system. The values are part of the interface.
enum ExitCode : int {
  kDone = 0,
  kNotWhole = 1,     // Some step is not whole: it failed, had no effect, was not tried, or is missing.
  kUsage = 2,        // A wrong command line or request; nothing was done.
  kNotPossible = 3,  // No right, another set-up runs, a damaged journal: nothing was done from there on.
  kRemains = 4,      // `uninstall` left something; it is listed.
  kCancelled = 5,    // The user did not allow it to run as administrator; nothing was done.
};

// What somebody asks for. What is not said is as it was installed before, or the default.
struct Command {
  Verb verb = Verb::kStatus;
  std::vector<std::string> users;  // SIDs or names; none: whoever asks.
  std::vector<std::uint16_t> proxy_ports;
  bool no_proxies = false;  // In place of the ports before.
  std::vector<std::string> workspaces;
  std::string starter;  // SID of whoever asks, where that is another process; empty: this one's.
  std::optional<PrincipalKind> principal;
  std::optional<bool> manual;
  bool keep_accounts = false;
  bool undo_on_failure = false;
  bool json = false;
  bool quiet = false;  // Nothing is shown, and nobody asked.
  std::string log;     // A file that gets a line for each step; empty: none.

  bool operator==(const Command&) const = default;
};

// Another program starts `acledger-setup` as administrator with these: the command is in a file.
struct RequestFile {
  std::string path, sha256;  // Lower-case hex digits.
};

struct CommandLine {
  Command command;
  std::optional<RequestFile> request;  // Then the command is in it.
};

// Reads the words behind the program's name. What is wrong, or help, is told; then the exit code is to be returned.
std::expected<CommandLine, int> ReadWords(std::vector<std::string> given);
// Those of this process: as UTF-8, whatever `argv` has.
std::expected<CommandLine, int> ReadCommandLine(int argc, char** argv);

// What an un-elevated run hands to the elevated one: the command, and the pipe that its lines go to. JSON with a
// version; reading takes nothing that it does not know.
struct Request {
  Command command;
  std::string pipe;
  bool operator==(const Request&) const = default;
};
inline constexpr std::size_t kMostRequestBytes = 1 << 20;
std::string Write(const Request& request);
// `digest`: the SHA-256 of `text` in hex. kMismatch: it is not the one that was named on the command line, so the file
// was changed since; kInvalid, kUnsupported (of a newer version), kTooLarge.
Expected<Request> ReadRequest(const std::string& text, const std::string& digest, const std::string& wanted_digest);

}  // namespace acledger::setup
