// SPDX-License-Identifier: MIT
#pragma once

#include "security/descriptor.h"

// Where things lie in SECURITY_DESCRIPTOR (MS-DTYP 2.4.6) and ACL (2.4.5). For the sources of this room only.
namespace acledger::security {

inline constexpr std::size_t kDescriptorHeaderBytes = 20;
inline constexpr std::size_t kControlField = 2;
inline constexpr std::size_t kOwnerField = 4;
inline constexpr std::size_t kGroupField = 8;
inline constexpr std::size_t kSaclField = 12;
inline constexpr std::size_t kDaclField = 16;

inline constexpr std::size_t kAclHeaderBytes = 8;
inline constexpr std::size_t kAclRevisionField = 0;
inline constexpr std::size_t kAclSizeField = 2;
inline constexpr std::size_t kAceCountField = 4;

inline constexpr std::size_t kAceHeaderBytes = 4;
inline constexpr std::size_t kAceFlagsField = 1;
inline constexpr std::size_t kAceSizeField = 2;
inline constexpr std::size_t kAceMaskField = 4;

// All ACEs of the list as one run of bytes: neither the ACL's header nor its slack.
Bytes AceBytesOf(const AclView& acl);

inline constexpr std::uint8_t kAclRevisionDs = 4;
// The types that need ACL_REVISION_DS, and whose body has flags and GUIDs.
bool IsObjectType(AceType type);

}  // namespace acledger::security
