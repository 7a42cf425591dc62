// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "scanner/ntfs/attributes.h"
#include "scanner/ntfs/stream.h"

namespace acledger::scanner::ntfs {

// Attributes that lie outside of their record, in one part or in several that an $ATTRIBUTE_LIST names.

// Gives a record by its number; `room` is as long as a record and holds what the view shows.
using ReadRecord = std::function<Expected<RecordView>(std::uint64_t number, std::span<std::uint8_t> room)>;

// The value of an attribute, wherever it lies, if it is one part. kTooLarge past `limit`, kCorrupt where it is not
// whole, else the device's error.
Expected<std::vector<std::uint8_t>> ReadValue(const AttributeView& attribute, BlockDevice& device,
                                              const BootSector& boot, std::uint64_t limit);

// The entries of an object's $ATTRIBUTE_LIST; none where it has no list.
Expected<std::vector<ListedAttribute>> ReadList(const RecordView& base, BlockDevice& device, const BootSector& boot);

// Adds to `to` all parts of the non-resident attribute of this type and (ASCII) name of the object whose base record is
// `base`, with the number `number`. A part is taken from another record only if that one is in use, has the sequence
// number that the list says, and says itself that it continues this object. kNotFound: the object has none; kCorrupt: a
// part is missing or is not what the list says. Each record is read when all parts before its own are there.
Expected<void> AppendParts(const RecordView& base, std::uint64_t number, AttributeType type, std::string_view name,
                           const std::vector<ListedAttribute>& list, const ReadRecord& read, Stream& to);

}  // namespace acledger::scanner::ntfs
