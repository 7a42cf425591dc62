// SPDX-License-Identifier: MIT
#pragma once

#include "setup/folders.h"

namespace acledger::setup {

// Opens with backup semantics: with SeBackupPrivilege and SeRestorePrivilege enabled, also what is for SYSTEM alone.
class Win32Folders final : public Folders {
 public:
  Expected<std::optional<FolderFacts>> Find(const std::string& path) override;
  Expected<void> Make(const std::string& path, security::Bytes descriptor) override;
  Expected<void> SetDescriptor(const std::string& path, security::Bytes descriptor) override;
  Expected<void> RemoveEmpty(const std::string& path) override;
  Expected<void> RemoveTree(const std::string& path) override;
  Expected<std::vector<std::string>> NamesIn(const std::string& path) override;
};

}  // namespace acledger::setup
