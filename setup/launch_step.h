// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "setup/processes.h"
#include "setup/registry.h"
#include "setup/registry_steps.h"
#include "setup/step.h"

namespace acledger::setup {

struct LaunchWish {
  ValuePlace place;
  std::string mark;  // What the value is while commands may be started: the version of the installation.
  std::vector<std::string> needs;
  // The sandbox's users, as far as they are there.
  std::function<Expected<std::vector<security::Sid>>()> users;
};

// The mark without which the launcher starts nothing: the last step. Taken back first, and then the processes of the
// sandbox's users are ended. `registry` and `processes` must outlive it.
std::unique_ptr<Step> MakeLaunchStep(Registry& registry, Processes& processes, LaunchWish wish);

}  // namespace acledger::setup
