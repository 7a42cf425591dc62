// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "setup/services.h"
#include "setup/step.h"

namespace acledger::setup {

// The service's entry, which another program's of the same name is not taken for; then a step for each trait, so that
// each is reported by name ("service acledger: delayed start"); and that it runs ("running acledger"). `needs`: what
// the entry needs (the programs). `services` must outlive them.
std::vector<std::unique_ptr<Step>> ServiceSteps(Services& services, const ServiceEntry& entry,
                                                const std::vector<ServiceTrait>& traits,
                                                std::vector<std::string> needs);

}  // namespace acledger::setup
