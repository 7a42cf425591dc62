// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "scanner/ntfs/attributes.h"
#include "scanner/ntfs/runs.h"

// Writes NTFS structures, for tests: what scanner/ntfs reads.
namespace acledger::scanner::ntfs::format {

using ByteVector = std::vector<std::uint8_t>;

void Put16(std::span<std::uint8_t> to, std::size_t at, std::uint64_t value);
void Put32(std::span<std::uint8_t> to, std::size_t at, std::uint64_t value);
void Put64(std::span<std::uint8_t> to, std::size_t at, std::uint64_t value);

struct BootFields {
  std::uint16_t sector_bytes = 512;
  std::uint8_t sectors_per_cluster = 8;  // As coded on disk.
  std::uint8_t record_size = 0xF6;       // 1024; as coded on disk.
  std::uint64_t sectors = 2048;
  std::uint64_t mft_cluster = 4, mirror_cluster = 2;
  std::uint64_t serial = 0x1122334455667788;
};
ByteVector Boot(const BootFields& fields);

// Values of attributes. No security_id: the short form of NTFS 1.2.
ByteVector Information(std::uint32_t attributes, std::optional<std::uint32_t> security_id);
ByteVector Name(FileReference parent, std::u16string_view name, FileName::Space space = FileName::Space::kWin32);
ByteVector Reparse(std::uint32_t tag);
struct ListItem {
  AttributeType type{};
  FileReference record;
  std::uint64_t lowest_vcn = 0;
  std::u16string_view name = {};
};
ByteVector List(const std::vector<ListItem>& items);

ByteVector Pairs(const std::vector<Run>& runs);

// Whole attributes.
ByteVector Resident(AttributeType type, const ByteVector& value, std::u16string_view name = {});
struct Place {
  std::vector<Run> runs;
  std::uint64_t size = 0;  // Said in the first part.
  std::uint16_t flags = 0;
  std::u16string_view name = {};
};
ByteVector NonResident(AttributeType type, const Place& place);

struct RecordFields {
  std::uint64_t number = 0;
  std::uint16_t sequence = 1, links = 1, flags = 1;  // 1 in use, 2 folder.
  FileReference base = {};
  std::size_t size = 1024;
  bool fixups = true;
};
// A whole record. The attributes go in as they come.
ByteVector Record(const RecordFields& fields, const std::vector<ByteVector>& attributes);
void PutFixupsOn(std::span<std::uint8_t> record);
void TakeFixupsOff(std::span<std::uint8_t> record);

}  // namespace acledger::scanner::ntfs::format
