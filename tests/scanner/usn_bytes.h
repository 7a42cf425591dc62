// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "scanner/usn_record.h"

namespace acledger::scanner {

inline void PutLittle(std::vector<std::uint8_t>& bytes, std::uint64_t value, int width) {
  for (int i = 0; i < width; ++i) bytes.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

// One record as the documentation of USN_RECORD_V2 and V3 lays it out.
inline std::vector<std::uint8_t> UsnBytes(const UsnRecord& record, std::uint16_t version) {
  const int id = version == 3 ? 16 : 8;
  const std::size_t header = version == 3 ? 76 : 60;
  const std::size_t length = (header + 2 * record.name.size() + 7) / 8 * 8;
  std::vector<std::uint8_t> bytes;
  PutLittle(bytes, length, 4);
  PutLittle(bytes, version, 2);
  PutLittle(bytes, 0, 2);
  for (const FileId& one : {record.file, record.parent}) {
    PutLittle(bytes, one.low, 8);
    if (id == 16) PutLittle(bytes, one.high, 8);
  }
  PutLittle(bytes, static_cast<std::uint64_t>(record.usn), 8);
  PutLittle(bytes, 0x01DB3C2A11223344, 8);
  PutLittle(bytes, record.reason, 4);
  PutLittle(bytes, 0, 4);
  PutLittle(bytes, 0x105, 4);
  PutLittle(bytes, record.attributes, 4);
  PutLittle(bytes, 2 * record.name.size(), 2);
  PutLittle(bytes, header, 2);
  for (const char16_t unit : record.name) PutLittle(bytes, unit, 2);
  bytes.resize(length);
  return bytes;
}

}  // namespace acledger::scanner
