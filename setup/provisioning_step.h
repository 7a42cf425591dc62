// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "setup/provisioning.h"
#include "setup/step.h"

namespace acledger::setup {

struct ProvisioningWish {
  std::string title, intent;
  std::function<Expected<security::Sid>()> principal;         // Known only once it is made. None: of all of them.
  std::function<Expected<std::vector<std::string>>()> roots;  // None: that the service answers is all.
  std::vector<std::string> needs;
  std::string drive;  // "C:": the volume of the ledger. A root elsewhere is never taken for one of its own.
};

// Queues what the principal may read; Check() is whole as soon as it is queued. Undo() rolls back all that the
// principal was granted, or everything that the ledger holds, with proof. `start` makes the service run, which does
// that. `provisioning` must outlive the step.
std::unique_ptr<Step> MakeProvisioningStep(Provisioning& provisioning, ProvisioningWish wish,
                                           std::function<Expected<void>()> start, Provisioning::Tell tell);

}  // namespace acledger::setup
