// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "security/little_endian.h"
#include "security/sid.h"

namespace acledger::scanner::ntfs {

using security::Bytes;
using security::LoadU16;
using security::LoadU32;

// As LoadU32(): any address, the caller has checked the bounds.
inline std::uint64_t LoadU64(const std::uint8_t* at) {
  return std::uint64_t{LoadU32(at)} | (std::uint64_t{LoadU32(at + 4)} << 32);
}

constexpr bool IsPowerOfTwo(std::uint64_t value) { return value != 0 && (value & (value - 1)) == 0; }

// `size` bytes from `at` on lie within `whole` bytes; no sum that could wrap.
constexpr bool Within(std::uint64_t at, std::uint64_t size, std::uint64_t whole) {
  return at <= whole && size <= whole - at;
}

}  // namespace acledger::scanner::ntfs
