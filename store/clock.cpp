// SPDX-License-Identifier: MIT
#include "store/clock.h"

#include <chrono>

namespace acledger::store {

std::int64_t SecondsNow() {
  using std::chrono::system_clock;
  return std::chrono::duration_cast<std::chrono::seconds>(system_clock::now().time_since_epoch()).count();
}

}  // namespace acledger::store
