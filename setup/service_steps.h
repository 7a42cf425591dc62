// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "setup/services.h"
#include "setup/step.h"

namespace acledger::setup {

// The service's entry, which another program's of the same name is not taken for, and that it runs. The name of the
// second is "running NAME". `needs`: what the entry needs (the programs). `services` must outlive them.
std::vector<std::unique_ptr<Step>> ServiceSteps(Services& services, const ServiceConfig& config,
                                                std::vector<std::string> needs);

}  // namespace acledger::setup
