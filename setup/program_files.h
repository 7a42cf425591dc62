// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "security/error.h"

namespace acledger::setup {

// Files of programs, by full paths; no component is followed through a reparse point.
//
// Threads: one at a time. Errors: kNotFound, kDenied, kBusy, kInvalid (no plain file), kNoSpace, kIo.
class ProgramFiles {
 public:
  ProgramFiles() = default;
  virtual ~ProgramFiles() = default;
  ProgramFiles(const ProgramFiles&) = delete;
  ProgramFiles& operator=(const ProgramFiles&) = delete;

  virtual Expected<bool> Exists(const std::string& path) = 0;
  // The file, or what an interrupted copy to it has left.
  virtual Expected<bool> HasTraces(const std::string& path) = 0;
  virtual Expected<bool> HaveSameContents(const std::string& one, const std::string& other) = 0;
  // In place of what is there, which stays whole until the copy is; with the access that the folder passes on.
  virtual Expected<void> Copy(const std::string& from, const std::string& to) = 0;
  // All traces. One that runs is moved out of its folder, and deleted at the next start of the system.
  virtual Expected<void> Remove(const std::string& path) = 0;
};

}  // namespace acledger::setup
