// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "setup/program_files.h"
#include "setup/step.h"

namespace acledger::setup {

struct ProgramPlaces {
  std::string from, to;  // Folders, without a separator at the end. Equal: an installer has put them there.
  std::vector<std::string> names;
};

// A step for each program: "program acledgerd.exe". Those that lie where they belong already are not ours to take away.
// `stop` ends the service before a program that it may run is replaced. `files` must outlive the steps.
std::vector<std::unique_ptr<Step>> ProgramSteps(ProgramFiles& files, const ProgramPlaces& places,
                                                const std::function<Expected<void>()>& stop,
                                                const std::vector<std::string>& needs);

}  // namespace acledger::setup
