// SPDX-License-Identifier: MIT
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "security/sid.h"

namespace acledger::scanner::ntfs {

using security::Bytes;

// The same number, whatever the machine's own order; its own inverse.
template <class T>
constexpr T FromLittleEndian(T value) {
  return std::endian::native == std::endian::little ? value : std::byteswap(value);
}

// Little-endian fields at any address; the caller has checked the bounds. One load each: security/little_endian.h
// leaves that to the compiler, which does not always see it.
template <class T>
T LoadAs(const std::uint8_t* at) {
  T value = 0;
  std::memcpy(&value, at, sizeof(value));
  return FromLittleEndian(value);
}
inline std::uint16_t LoadU16(const std::uint8_t* at) { return LoadAs<std::uint16_t>(at); }
inline std::uint32_t LoadU32(const std::uint8_t* at) { return LoadAs<std::uint32_t>(at); }
inline std::uint64_t LoadU64(const std::uint8_t* at) { return LoadAs<std::uint64_t>(at); }

constexpr bool IsPowerOfTwo(std::uint64_t value) { return value != 0 && (value & (value - 1)) == 0; }

// `size` bytes from `at` on lie within `whole` bytes; no sum that could wrap.
constexpr bool Within(std::uint64_t at, std::uint64_t size, std::uint64_t whole) {
  return at <= whole && size <= whole - at;
}

}  // namespace acledger::scanner::ntfs
