// SPDX-License-Identifier: MIT
#include "scanner/progress.h"

namespace acledger::scanner {

const char* Name(Phase phase) {
  switch (phase) {
    case Phase::kSettling:
      return "settling";
    case Phase::kScanning:
      return "scanning";
    case Phase::kPlanning:
      return "planning";
    case Phase::kApplying:
      return "applying";
    case Phase::kRollingBack:
      return "rolling back";
    case Phase::kSweeping:
      return "sweeping";
    case Phase::kVerifying:
      return "verifying";
  }
  return "?";
}

}  // namespace acledger::scanner
