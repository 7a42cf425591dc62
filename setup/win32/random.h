// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>

#include "security/error.h"

namespace acledger::setup {

// Bytes of the system's cryptographic generator: the FillRandom of this system. All of `to` is filled, or none of it is
// to be used. Any thread.
Expected<void> FillWithSystemRandom(std::span<std::uint8_t> to);

}  // namespace acledger::setup
