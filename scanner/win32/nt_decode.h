// SPDX-License-Identifier: MIT
#pragma once

// What the NT file API hands over and takes, as bytes and bits. Knows no Windows header: built and tested natively too.

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "scanner/volume.h"

namespace acledger::scanner::nt {

// Which directory information class a buffer holds (MS-FSCC 2.4).
enum class ListingClass : std::uint8_t {
  kIdBoth,  // FileIdBothDirectoryInformation: 64-bit ids.
  kIdExtd,  // FileIdExtdDirectoryInformation: 128-bit ids and the reparse tag in a field of its own.
};

// Decodes one filled buffer into the front of `names` (which only grows: the strings keep their room) and returns the
// part in use. "." and ".." are left out. kCorrupt for an entry that leaves the buffer.
Expected<std::span<const ListedName>> DecodeListing(security::Bytes buffer, ListingClass what,
                                                    std::vector<ListedName>& names);

// Decodes FILE_LINKS_INFORMATION (MS-FSCC 2.4.21), whose parents have 64-bit ids.
Expected<std::vector<LinkName>> DecodeLinks(security::Bytes buffer);

// What OpenChild() accepts: one component, so that the system cannot read a path, a stream or a parent out of it.
Expected<void> CheckComponent(std::u16string_view name);

// Whether a folder with this tag may have children of its own on the same volume (the tag's D bit, MS-FSCC 2.1.2.1): a
// cloud placeholder may; a junction, symbolic link or mount point leads elsewhere.
bool MayHaveChildren(std::uint32_t reparse_tag);

// The control bits to pass with a DACL so that the object ends up with those of `wanted`. AUTO_INHERITED survives only
// together with AUTO_INHERIT_REQ, which is a request and never stored. Where `keeps_requests` (a file server or
// emulation that stores control bits as they come), the request is left out.
std::uint16_t ControlForWrite(std::uint16_t wanted, bool keeps_requests);

}  // namespace acledger::scanner::nt
