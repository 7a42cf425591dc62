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
  std::uint64_t already_gone = 0;  // The object, or our entry on it, was gone.
  std::uint64_t drifted = 0;       // Others had edited it: our entry was taken out, their edits stay.
  std::uint64_t failed = 0;        // Could not be taken back: the record stays, the next rollback tries again.
  std::uint64_t remaining = 0;     // Entries found by the final scan.
  std::uint64_t scanned = 0;       // Objects that the final scan looked at.
  std::uint64_t unreadable = 0;    // Objects that it could not look at.
  std::uint64_t writes = 0;
  std::vector<std::string> examples;  // Of the remaining ones.
  bool complete = false;              // false: stopped, or something failed or remains: the grant is kept.

  RollbackReport& operator+=(const RollbackReport& other);
};

}  // namespace acledger::scanner
