// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "security/descriptor.h"
#include "setup/secret_files.h"

namespace acledger::setup {

// Files in a folder of this machine (its full path). Each has `descriptor`, with its owner, from the moment it is
// there. With `by_privilege` all is reached by the privileges to back up and to restore, whatever the folder and the
// files allow: the caller is an elevated administrator, or SYSTEM. The last name is opened itself where it is a reparse
// point, and refused; the folders above are trusted.
class Win32SecretFiles final : public SecretFiles {
 public:
  Win32SecretFiles(std::string folder, security::DescriptorBytes descriptor, bool by_privilege)
      : folder_(std::move(folder)), descriptor_(std::move(descriptor)), by_privilege_(by_privilege) {}

  Expected<std::optional<std::vector<std::uint8_t>>> Read(const std::string& name) override;
  Expected<void> WriteNew(const std::string& name, security::Bytes content) override;
  Expected<void> Remove(const std::string& name) override;

 private:
  Expected<std::wstring> PathOf(const std::string& name) const;
  Expected<void> ExpectOurs(void* file) const;

  std::string folder_;
  security::DescriptorBytes descriptor_;
  bool by_privilege_;
};

}  // namespace acledger::setup
