// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "security/error.h"
#include "security/file_id.h"

namespace acledger::scanner {

// USN_REASON_* (winioctl.h): what can change a verdict.
inline constexpr std::uint32_t kUsnFileCreate = 0x00000100;
inline constexpr std::uint32_t kUsnFileDelete = 0x00000200;
inline constexpr std::uint32_t kUsnSecurityChange = 0x00000800;
inline constexpr std::uint32_t kUsnRenameOldName = 0x00001000;
inline constexpr std::uint32_t kUsnRenameNewName = 0x00002000;
inline constexpr std::uint32_t kUsnBasicInfoChange = 0x00008000;
inline constexpr std::uint32_t kUsnHardLinkChange = 0x00010000;
inline constexpr std::uint32_t kUsnReparsePointChange = 0x00100000;
// The last handle was closed. Reasons add up until then, and each is written once: what happens a second time while
// somebody keeps the file open is not told.
inline constexpr std::uint32_t kUsnClose = 0x80000000;
inline constexpr std::uint32_t kUsnThatMatter = kUsnFileCreate | kUsnFileDelete | kUsnSecurityChange |
                                                kUsnRenameOldName | kUsnRenameNewName | kUsnBasicInfoChange |
                                                kUsnHardLinkChange | kUsnReparsePointChange;

// One entry of the change journal: what happened to a file under a name in a folder.
struct UsnRecord {
  FileId file;
  FileId parent;
  std::int64_t usn = 0;
  std::uint32_t reason = 0;
  std::uint32_t attributes = 0;
  std::u16string name;

  bool operator==(const UsnRecord&) const = default;
};

struct UsnRecords {
  std::int64_t next = 0;  // Where to go on.
  std::vector<UsnRecord> records;
  std::uint64_t unknown = 0;  // Records that nobody here can read: what they tell is not among `records`.
};

// A buffer as FSCTL_READ_USN_JOURNAL returns it: the next number, then USN_RECORD_V2 or V3, of which V3 has ids of 128
// bits. V4 (ranges of a file's contents) is passed over, other versions are counted. kCorrupt where a record does not
// lie within the buffer or a name within its record. Reads nothing outside of `buffer`. Portable.
Expected<UsnRecords> ReadUsnBuffer(std::span<const std::uint8_t> buffer);

}  // namespace acledger::scanner
