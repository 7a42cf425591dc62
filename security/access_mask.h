// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace acledger::security {

// ACCESS_MASK (MS-DTYP 2.4.3).
using AccessMask = std::uint32_t;

inline constexpr AccessMask kFileReadData = 0x0001;  // also FILE_LIST_DIRECTORY
inline constexpr AccessMask kFileWriteData = 0x0002;
inline constexpr AccessMask kFileAppendData = 0x0004;
inline constexpr AccessMask kFileReadEa = 0x0008;
inline constexpr AccessMask kFileWriteEa = 0x0010;
inline constexpr AccessMask kFileExecute = 0x0020;  // also FILE_TRAVERSE
inline constexpr AccessMask kFileDeleteChild = 0x0040;
inline constexpr AccessMask kFileReadAttributes = 0x0080;
inline constexpr AccessMask kFileWriteAttributes = 0x0100;
inline constexpr AccessMask kDelete = 0x00010000;
inline constexpr AccessMask kReadControl = 0x00020000;
inline constexpr AccessMask kWriteDac = 0x00040000;
inline constexpr AccessMask kWriteOwner = 0x00080000;
inline constexpr AccessMask kSynchronize = 0x00100000;
inline constexpr AccessMask kAccessSystemSecurity = 0x01000000;
inline constexpr AccessMask kMaximumAllowed = 0x02000000;
inline constexpr AccessMask kGenericAll = 0x10000000;
inline constexpr AccessMask kGenericExecute = 0x20000000;
inline constexpr AccessMask kGenericWrite = 0x40000000;
inline constexpr AccessMask kGenericRead = 0x80000000;

inline constexpr AccessMask kFileAllAccess = 0x001F01FF;
inline constexpr AccessMask kFileGenericRead = 0x00120089;
inline constexpr AccessMask kFileGenericWrite = 0x00120116;
inline constexpr AccessMask kFileGenericExecute = 0x001200A0;
inline constexpr AccessMask kFileReadAndExecute = 0x001200A9;  // The default wish of a grant.

// What the generic bits stand for on one type of object (MS-DTYP 2.5.3.2, Win32 GENERIC_MAPPING).
struct GenericMapping {
  AccessMask read, write, execute, all;

  // The mask with its generic bits replaced.
  constexpr AccessMask Map(AccessMask mask) const {
    AccessMask mapped = mask & ~(kGenericRead | kGenericWrite | kGenericExecute | kGenericAll);
    if (mask & kGenericRead) mapped |= read;
    if (mask & kGenericWrite) mapped |= write;
    if (mask & kGenericExecute) mapped |= execute;
    if (mask & kGenericAll) mapped |= all;
    return mapped;
  }
};

inline constexpr GenericMapping kFileMapping{kFileGenericRead, kFileGenericWrite, kFileGenericExecute, kFileAllAccess};

}  // namespace acledger::security
