// SPDX-License-Identifier: MIT
#pragma once

#include "setup/program_files.h"

namespace acledger::setup {

class Win32ProgramFiles final : public ProgramFiles {
 public:
  Expected<bool> Exists(const std::string& path) override;
  Expected<bool> HasTraces(const std::string& path) override;
  Expected<bool> HaveSameContents(const std::string& one, const std::string& other) override;
  Expected<void> Copy(const std::string& from, const std::string& to) override;
  Expected<void> Remove(const std::string& path) override;
};

}  // namespace acledger::setup
