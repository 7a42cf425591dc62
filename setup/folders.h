// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "security/descriptor.h"

namespace acledger::setup {

struct FolderFacts {
  bool is_plain = false;  // A folder, and no reparse point.
  security::DescriptorBytes descriptor;
};

// Folders by their full paths, no component of which is followed through a reparse point.
//
// Threads: one at a time. Errors: kDenied, kInvalid, kNotFound (a folder above), kIo.
class Folders {
 public:
  Folders() = default;
  virtual ~Folders() = default;
  Folders(const Folders&) = delete;
  Folders& operator=(const Folders&) = delete;

  virtual Expected<std::optional<FolderFacts>> Find(const std::string& path) = 0;
  // With this descriptor from its first moment. kMismatch: something is there.
  virtual Expected<void> Make(const std::string& path, security::Bytes descriptor) = 0;
  // Owner and DACL.
  virtual Expected<void> SetDescriptor(const std::string& path, security::Bytes descriptor) = 0;
  virtual Expected<void> RemoveEmpty(const std::string& path) = 0;
  // With all that is in it; reparse points in it are taken away, never followed.
  virtual Expected<void> RemoveTree(const std::string& path) = 0;
  virtual Expected<std::vector<std::string>> NamesIn(const std::string& path) = 0;
};

}  // namespace acledger::setup
