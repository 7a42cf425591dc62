// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <expected>
#include <string>

namespace acledger {

// What a caller can do about an error. The list is closed: programs map it to exit codes.
enum class ErrorKind : std::uint8_t {
  kInvalid,      // Malformed input (bytes, text, option): trying again gives the same answer.
  kNotFound,     // The object, path or row does not exist (any more).
  kDenied,       // The system refuses this right to us.
  kBusy,         // In use, locked or stopped by an oplock: may go through later.
  kUnsupported,  // This volume, format or platform cannot do it.
  kTooLarge,     // A limit of the format is reached (a DACL of 64 KiB, say).
  kReadOnly,     // The volume or file cannot be written.
  kNoSpace,      // No room for the ledger or on the volume.
  kCorrupt,      // Stored data contradicts itself.
  kMismatch,     // Not the object, volume or descriptor that was expected: identity or state changed.
  kNoEffect,     // The call reported success, and reading back shows that nothing happened.
  kIo,           // Any other failure of the system.
};

// The one error currency of the project. A value, never thrown.
struct Error {
  ErrorKind kind = ErrorKind::kIo;
  std::string operation;   // What was attempted, a verb phrase: "open", "parse ACE 3".
  std::string path;        // Where, as the user would write it; empty if there is no path.
  std::uint32_t code = 0;  // The system's own code (errno, NTSTATUS or Win32), 0 if none.
  std::string reason;      // Why, for a person; without a full stop.

  // "open C:\x: access is denied (0xc0000022)": one line, no trailing newline.
  std::string ToString() const;

  Error&& At(std::string where) && {
    path = std::move(where);
    return std::move(*this);
  }
};

// "denied", "not found", ...: stable words, used in --json.
const char* Name(ErrorKind kind);

template <class T>
using Expected = std::expected<T, Error>;

inline std::unexpected<Error> Fail(ErrorKind kind, std::string operation, std::string reason, std::uint32_t code = 0) {
  return std::unexpected(Error{kind, std::move(operation), {}, code, std::move(reason)});
}

}  // namespace acledger
