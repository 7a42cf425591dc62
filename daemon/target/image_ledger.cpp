// SPDX-License-Identifier: MIT
#include "daemon/target/live_volume.h"

namespace acledger::daemon {

std::string ImageLedger(const std::string& image, unsigned partition) {
  return image + (partition == 0 ? "" : ".p" + std::to_string(partition)) + ".acledger";
}

}  // namespace acledger::daemon
