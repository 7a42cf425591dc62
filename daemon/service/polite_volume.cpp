// SPDX-License-Identifier: MIT
#include "daemon/service/polite_volume.h"

#include <utility>

namespace acledger::daemon {

void PoliteVolume::Follow() const {
  static thread_local bool has_given_way = false;
  const bool gives_way = gives_way_;
  if (std::exchange(has_given_way, gives_way) != gives_way) give_way_(gives_way);
}

}  // namespace acledger::daemon
