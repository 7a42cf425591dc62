// SPDX-License-Identifier: MIT
#include "tests/scanner/ntfs/format.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace acledger::scanner::ntfs::format {
namespace {

constexpr std::size_t kStride = 512, kFixupsAt = 48;

void Put(std::span<std::uint8_t> to, std::size_t at, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) to[at + i] = static_cast<std::uint8_t>(value >> (8 * i));
}

std::size_t AlignUp(std::size_t value, std::size_t to) { return (value + to - 1) / to * to; }

void PutUnits(std::span<std::uint8_t> to, std::size_t at, std::u16string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) Put16(to, at + 2 * i, text[i]);
}

std::size_t SignedBytes(std::int64_t value) {
  std::size_t bytes = 1;
  while (bytes < 8 && (value < -(std::int64_t{1} << (8 * bytes - 1)) || value >= std::int64_t{1} << (8 * bytes - 1))) {
    ++bytes;
  }
  return bytes;
}

}  // namespace

void Put16(std::span<std::uint8_t> to, std::size_t at, std::uint64_t value) { Put(to, at, value, 2); }
void Put32(std::span<std::uint8_t> to, std::size_t at, std::uint64_t value) { Put(to, at, value, 4); }
void Put64(std::span<std::uint8_t> to, std::size_t at, std::uint64_t value) { Put(to, at, value, 8); }

ByteVector Boot(const BootFields& fields) {
  ByteVector boot(512);
  std::memcpy(boot.data() + 3, "NTFS    ", 8);
  Put16(boot, 0x0B, fields.sector_bytes);
  boot[0x0D] = fields.sectors_per_cluster;
  Put64(boot, 0x28, fields.sectors);
  Put64(boot, 0x30, fields.mft_cluster);
  Put64(boot, 0x38, fields.mirror_cluster);
  boot[0x40] = fields.record_size;
  boot[0x44] = 1;
  Put64(boot, 0x48, fields.serial);
  Put16(boot, 510, 0xAA55);
  return boot;
}

ByteVector Information(std::uint32_t attributes, std::optional<std::uint32_t> security_id) {
  ByteVector value(security_id ? 72 : 48);
  Put32(value, 32, attributes);
  if (security_id) Put32(value, 52, *security_id);
  return value;
}

ByteVector Name(FileReference parent, std::u16string_view name, FileName::Space space) {
  ByteVector value(66 + 2 * name.size());
  Put64(value, 0, parent.raw);
  value[64] = static_cast<std::uint8_t>(name.size());
  value[65] = static_cast<std::uint8_t>(space);
  PutUnits(value, 66, name);
  return value;
}

ByteVector Reparse(std::uint32_t tag) {
  ByteVector value(8);
  Put32(value, 0, tag);
  return value;
}

ByteVector List(const std::vector<ListItem>& items) {
  ByteVector list;
  for (const ListItem& item : items) {
    ByteVector entry(AlignUp(26 + 2 * item.name.size(), 8));
    Put32(entry, 0, static_cast<std::uint32_t>(item.type));
    Put16(entry, 4, entry.size());
    entry[6] = static_cast<std::uint8_t>(item.name.size());
    entry[7] = 26;
    Put64(entry, 8, item.lowest_vcn);
    Put64(entry, 16, item.record.raw);
    PutUnits(entry, 26, item.name);
    list.insert(list.end(), entry.begin(), entry.end());
  }
  return list;
}

ByteVector Pairs(const std::vector<Run>& runs) {
  ByteVector pairs;
  std::uint64_t before = 0;
  for (const Run& run : runs) {
    const auto delta = static_cast<std::int64_t>(run.lcn - before), length = static_cast<std::int64_t>(run.length);
    const std::size_t length_bytes = SignedBytes(length), delta_bytes = SignedBytes(delta);
    const std::size_t at = pairs.size();
    pairs.resize(at + 1 + length_bytes + delta_bytes);
    pairs[at] = static_cast<std::uint8_t>(length_bytes | (delta_bytes << 4));
    Put(pairs, at + 1, static_cast<std::uint64_t>(length), length_bytes);
    Put(pairs, at + 1 + length_bytes, static_cast<std::uint64_t>(delta), delta_bytes);
    before = run.lcn;
  }
  pairs.push_back(0);
  return pairs;
}

ByteVector Resident(AttributeType type, const ByteVector& value, std::u16string_view name) {
  const std::size_t value_at = AlignUp(24 + 2 * name.size(), 8);
  ByteVector attribute(AlignUp(value_at + value.size(), 8));
  Put32(attribute, 0, static_cast<std::uint32_t>(type));
  Put32(attribute, 4, attribute.size());
  attribute[9] = static_cast<std::uint8_t>(name.size());
  Put16(attribute, 10, 24);
  Put32(attribute, 16, value.size());
  Put16(attribute, 20, value_at);
  PutUnits(attribute, 24, name);
  std::ranges::copy(value, attribute.begin() + static_cast<std::ptrdiff_t>(value_at));
  return attribute;
}

ByteVector NonResident(AttributeType type, const Place& place) {
  const ByteVector pairs = Pairs(place.runs);
  const std::size_t pairs_at = AlignUp(64 + 2 * place.name.size(), 8);
  ByteVector attribute(AlignUp(pairs_at + pairs.size(), 8));
  Put32(attribute, 0, static_cast<std::uint32_t>(type));
  Put32(attribute, 4, attribute.size());
  attribute[8] = 1;
  attribute[9] = static_cast<std::uint8_t>(place.name.size());
  Put16(attribute, 10, 64);
  Put16(attribute, 12, place.flags);
  const std::uint64_t first = place.runs.empty() ? 0 : place.runs.front().vcn;
  Put64(attribute, 16, first);
  Put64(attribute, 24, place.runs.empty() ? ~std::uint64_t{0} : place.runs.back().vcn + place.runs.back().length - 1);
  Put16(attribute, 32, pairs_at);
  for (const std::size_t at : {40u, 48u, 56u}) Put64(attribute, at, first == 0 ? place.size : 0);
  PutUnits(attribute, 64, place.name);
  std::ranges::copy(pairs, attribute.begin() + static_cast<std::ptrdiff_t>(pairs_at));
  return attribute;
}

ByteVector Record(const RecordFields& fields, const std::vector<ByteVector>& attributes) {
  const std::size_t first = AlignUp(kFixupsAt + 2 * (fields.size / kStride + 1), 8);
  ByteVector record(first);
  std::memcpy(record.data(), "FILE", 4);
  Put16(record, 4, kFixupsAt);
  Put16(record, 6, fields.size / kStride + 1);
  Put16(record, 16, fields.sequence);
  Put16(record, 18, fields.links);
  Put16(record, 20, first);
  Put16(record, 22, fields.flags);
  Put32(record, 28, fields.size);
  Put64(record, 32, fields.base.raw);
  Put32(record, 44, fields.number);
  Put16(record, kFixupsAt, 7);
  for (const ByteVector& attribute : attributes) record.insert(record.end(), attribute.begin(), attribute.end());
  record.resize(record.size() + 8);
  Put32(record, record.size() - 8, 0xFFFFFFFF);
  Put32(record, 24, record.size());
  if (record.size() > fields.size) throw std::length_error("these attributes do not fit into a record");
  record.resize(fields.size);
  if (fields.fixups) PutFixupsOn(record);
  return record;
}

void PutFixupsOn(std::span<std::uint8_t> record) {
  for (std::size_t i = 1; i <= record.size() / kStride; ++i) {
    std::uint8_t* last = record.data() + i * kStride - 2;
    std::memcpy(record.data() + kFixupsAt + 2 * i, last, 2);
    std::memcpy(last, record.data() + kFixupsAt, 2);
  }
}

void TakeFixupsOff(std::span<std::uint8_t> record) {
  for (std::size_t i = 1; i <= record.size() / kStride; ++i) {
    std::memcpy(record.data() + i * kStride - 2, record.data() + kFixupsAt + 2 * i, 2);
  }
}

}  // namespace acledger::scanner::ntfs::format
