// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "security/sid.h"
#include "setup/password.h"
#include "setup/registry.h"
#include "setup/step.h"

namespace acledger::setup {

// Each `registry` must outlive its step. What Undo() finds changed by somebody else since is left as it is.

struct ValuePlace {
  std::string key, name;
  // The topmost key that is ours, `key` or above it; empty: it is the system's. Undo() takes it away, with those below,
  // once it is empty: several values may share it.
  std::string own_key{};
};

// A value. Undo() puts back what was there.
std::unique_ptr<Step> MakeValueStep(Registry& registry, std::string title, ValuePlace place, RegistryValue value,
                                    std::vector<std::string> needs = {});

// A folder in a list of folders that semicolons part: the search path of the machine. Every other folder of the list
// stays as it is written.
std::unique_ptr<Step> MakeListedFolderStep(Registry& registry, std::string title, ValuePlace place, std::string folder,
                                           std::vector<std::string> needs = {});

// "S-1-5-21-A-B-C" with three random numbers: an authority for SIDs that no machine and no domain has, from which the
// sandbox's own ones are made. Made once; one that is there is kept.
std::unique_ptr<Step> MakeSidsStep(Registry& registry, ValuePlace place, FillRandom random);
// The authority that the step has made. kNotFound; kCorrupt: it is none.
Expected<security::Sid> ReadSids(Registry& registry, const ValuePlace& place);

}  // namespace acledger::setup
