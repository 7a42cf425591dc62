// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace acledger::scanner {

// Each change counts once.
struct RollbackReport {
  std::uint64_t restored = 0;      // Held what we left: holds the recorded original again, read back.
  std::uint64_t stripped = 0;      // No record of its own (inherited or moved): our entry was taken out.
  std::uint64_t already_gone = 0;  // Our entry was gone.
  std::uint64_t missing = 0;       // The object was gone: a tombstone stands, and the object is taken up if it returns.
  std::uint64_t drifted = 0;       // Others had edited it: our entry was taken out, their edits stay.
  std::uint64_t failed = 0;        // Could not be taken back: a tombstone stands, the next rollback tries again.
  std::uint64_t dismissed = 0;     // Given up by a person: not tried.
  std::uint64_t remaining = 0;     // Entries found by the final scan; those of `failed` where none was worth while.
  std::uint64_t orphans = 0;       // Entries that it found on what was given up; not among the remaining ones.
  std::uint64_t scanned = 0;       // Objects that the final scan looked at.
  std::uint64_t unreadable = 0;    // Objects that it could not look at.
  std::uint64_t writes = 0;
  std::vector<std::string> examples;  // Of the remaining ones.
  bool complete = false;              // false: stopped, or something failed or remains: the grant is kept.
  bool stopped = false;               // On the way, whatever the flag says by now: there is more to do.

  RollbackReport& operator+=(const RollbackReport& other);
};

}  // namespace acledger::scanner
