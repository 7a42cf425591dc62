// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace acledger::store {

// The time as the ledger keeps it: seconds since 1970, UTC.
std::int64_t SecondsNow();

}  // namespace acledger::store
