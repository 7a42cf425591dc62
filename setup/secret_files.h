// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "security/sid.h"
#include "setup/secret.h"

namespace acledger::setup {

// Small files in one folder that nobody reads but whom it is for, by their names alone.
//
// Threads: one at a time. Errors: kDenied, kInvalid (a name), kNoSpace, kIo.
class SecretFiles {
 public:
  SecretFiles() = default;
  virtual ~SecretFiles() = default;
  SecretFiles(const SecretFiles&) = delete;
  SecretFiles& operator=(const SecretFiles&) = delete;

  // None: it is not there, nor maybe the folder. kMismatch: there is something that was not written by WriteNew():
  // another owner, another list of access, no plain file. kCorrupt: longer than any secret.
  virtual Expected<std::optional<std::vector<std::uint8_t>>> Read(const std::string& name) = 0;
  // Closed to all others from the moment it is there, and on the disk when the call returns. kMismatch: something of
  // this name is there; kNotFound: the folder is not; kNoEffect: the system did not take the list of access (nothing
  // was written then).
  virtual Expected<void> WriteNew(const std::string& name, security::Bytes content) = 0;
  // Good where it is not there. Whatever it is, if it is no folder.
  virtual Expected<void> Remove(const std::string& name) = 0;
};

// Makes a secret unreadable for others, and detects any change.
//
// Threads: one at a time.
class Sealer {
 public:
  Sealer() = default;
  virtual ~Sealer() = default;
  Sealer(const Sealer&) = delete;
  Sealer& operator=(const Sealer&) = delete;

  virtual Expected<std::vector<std::uint8_t>> Seal(const Secret& secret, const std::string& context) = 0;
  // Only with the context that it was sealed with. kCorrupt: changed, or another context; kDenied: sealed by or for
  // somebody else.
  virtual Expected<Secret> Open(security::Bytes sealed, const std::string& context) = 0;
};

}  // namespace acledger::setup
