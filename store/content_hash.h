// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "security/sid.h"

namespace acledger::store {

// XXH64 with seed 0 (the xxHash specification, version 0.1.1,
// https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md). Finds equal contents and detects bit flips; no
// protection against someone who forges both.
std::uint64_t ContentHash(security::Bytes bytes);

}  // namespace acledger::store
