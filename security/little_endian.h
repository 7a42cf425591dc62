// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

namespace acledger::security {

// Little-endian fields at any address: no alignment is assumed. The caller has checked the bounds.
inline std::uint16_t LoadU16(const std::uint8_t* at) { return static_cast<std::uint16_t>(at[0] | (at[1] << 8)); }

inline std::uint32_t LoadU32(const std::uint8_t* at) {
  return static_cast<std::uint32_t>(LoadU16(at)) | (static_cast<std::uint32_t>(LoadU16(at + 2)) << 16);
}

inline void StoreU16(std::uint8_t* at, std::size_t value) {
  at[0] = static_cast<std::uint8_t>(value);
  at[1] = static_cast<std::uint8_t>(value >> 8);
}

inline void StoreU32(std::uint8_t* at, std::size_t value) {
  StoreU16(at, value);
  StoreU16(at + 2, value >> 16);
}

}  // namespace acledger::security
