// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "scanner/engine.h"
#include "store/config.h"

namespace acledger::tools {

// The wish of `plan` and `provision`: from the command line, and what that leaves open from acledger.toml.
struct GrantSettings {
  std::string principal, mask, protected_policy;
  std::vector<std::string> roots, excludes, token_sids;
  bool own_principal = false;

  // Fills in from `path` (empty: nothing to read) and checks every word. Error: usage, with the option or file and
  // line.
  Expected<void> ReadConfig(const std::string& path);

  // After ReadConfig().
  scanner::GrantRequest Request() const { return request_; }

 private:
  Expected<void> Check(const store::Config& config);
  scanner::GrantRequest request_;
};
void AddGrantSettings(CLI::App& command, GrantSettings& settings);

}  // namespace acledger::tools
