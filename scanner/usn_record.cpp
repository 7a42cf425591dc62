// SPDX-License-Identifier: MIT
#include "scanner/usn_record.h"

#include "security/little_endian.h"

namespace acledger::scanner {

using security::LoadU16;
using security::LoadU32;

namespace {

std::uint64_t LoadU64(const std::uint8_t* at) {
  return LoadU32(at) | (static_cast<std::uint64_t>(LoadU32(at + 4)) << 32);
}

constexpr std::size_t kCommon = 8;  // Length and version.

// V2 and V3 differ in the width of their two ids alone.
struct Layout {
  std::size_t id;  // Bytes of one.

  std::size_t Usn() const { return kCommon + 2 * id; }
  std::size_t Reason() const { return Usn() + 16; }  // Behind the time.
  std::size_t Attributes() const { return Reason() + 12; }
  std::size_t NameLength() const { return Attributes() + 4; }
  std::size_t NameOffset() const { return NameLength() + 2; }
  std::size_t Header() const { return NameOffset() + 2; }

  FileId Id(const std::uint8_t* at) const { return {LoadU64(at), id == 16 ? LoadU64(at + 8) : 0}; }
};

std::unexpected<Error> Damaged(const char* reason) {
  return Fail(ErrorKind::kCorrupt, "read the change journal", reason);
}

Expected<UsnRecord> ReadRecord(std::span<const std::uint8_t> bytes, const Layout& layout) {
  if (bytes.size() < layout.Header()) return Damaged("a record is shorter than its header");
  const std::uint8_t* at = bytes.data();
  UsnRecord record;
  record.file = layout.Id(at + kCommon);
  record.parent = layout.Id(at + kCommon + layout.id);
  record.usn = static_cast<std::int64_t>(LoadU64(at + layout.Usn()));
  record.reason = LoadU32(at + layout.Reason());
  record.attributes = LoadU32(at + layout.Attributes());
  const std::size_t length = LoadU16(at + layout.NameLength());
  const std::size_t offset = LoadU16(at + layout.NameOffset());
  if (length % 2 != 0 || offset < layout.Header() || offset > bytes.size() || length > bytes.size() - offset)
    return Damaged("a name does not lie within its record");
  record.name.resize(length / 2);
  for (std::size_t i = 0; i < record.name.size(); ++i)
    record.name[i] = static_cast<char16_t>(LoadU16(at + offset + 2 * i));
  return record;
}

}  // namespace

Expected<UsnRecords> ReadUsnBuffer(std::span<const std::uint8_t> buffer) {
  if (buffer.size() < 8) return Damaged("the buffer holds no next number");
  UsnRecords read;
  read.next = static_cast<std::int64_t>(LoadU64(buffer.data()));
  for (std::span<const std::uint8_t> rest = buffer.subspan(8); !rest.empty();) {
    if (rest.size() < kCommon) return Damaged("a record is cut off");
    const std::size_t length = LoadU32(rest.data());
    if (length < kCommon || length % 8 != 0 || length > rest.size()) return Damaged("a record has a bad length");
    const std::uint16_t version = LoadU16(rest.data() + 4);
    if (version == 2 || version == 3) {
      Expected<UsnRecord> record = ReadRecord(rest.first(length), {version == 3 ? 16u : 8u});
      if (!record) return std::unexpected(record.error());
      read.records.push_back(std::move(*record));
    } else if (version != 4) {
      ++read.unknown;
    }
    rest = rest.subspan(length);
  }
  return read;
}

}  // namespace acledger::scanner
