// SPDX-License-Identifier: MIT
#include "scanner/ntfs3g/mft_record.h"

#include <cstring>

#include "scanner/ntfs3g/bytes.h"

namespace acledger::scanner::ntfs3g {
namespace {

constexpr std::size_t kRecordHeaderBytes = 48;
constexpr std::size_t kResidentHeaderBytes = 24;
constexpr std::uint32_t kEndOfAttributes = 0xFFFFFFFF;
constexpr std::size_t kSecurityIdAt = 52;
constexpr std::size_t kStandardInformationV3Bytes = 72;

struct Attribute {
  std::uint32_t type = 0;
  bool resident = false;
  std::size_t value_at = 0, value_size = 0;  // Of a resident one.
};

std::unexpected<Error> Corrupt(std::string reason) {
  return Fail(ErrorKind::kCorrupt, "read MFT record", std::move(reason));
}

// The attribute at `at`, and the offset of the next one in `at`. Empty at the end or where the chain is broken
// (`broken`).
std::optional<Attribute> Next(std::span<const std::uint8_t> bytes, std::size_t& at, bool& broken) {
  broken = true;
  if (at + 4 > bytes.size()) return std::nullopt;
  Attribute attribute;
  attribute.type = Load<std::uint32_t>(bytes, at);
  if (attribute.type == kEndOfAttributes) {
    broken = false;
    return std::nullopt;
  }
  if (at + kResidentHeaderBytes > bytes.size()) return std::nullopt;
  const std::size_t length = Load<std::uint32_t>(bytes, at + 4);
  if (length < kResidentHeaderBytes || length > bytes.size() - at || length % 8 != 0) return std::nullopt;
  attribute.resident = bytes[at + 8] == 0;
  if (attribute.resident) {
    attribute.value_size = Load<std::uint32_t>(bytes, at + 16);
    const std::size_t offset = Load<std::uint16_t>(bytes, at + 20);
    if (offset > length || attribute.value_size > length - offset) return std::nullopt;
    attribute.value_at = at + offset;
  }
  at += length;
  broken = false;
  return attribute;
}

}  // namespace

std::optional<FileNameView> FileNameView::Parse(std::span<const std::uint8_t> value) {
  if (value.size() < kHeaderBytes) return std::nullopt;
  const std::size_t length = 2u * value[64];
  if (value.size() - kHeaderBytes < length) return std::nullopt;
  return FileNameView{Load<std::uint64_t>(value, 0), Load<std::uint32_t>(value, 56), Load<std::uint32_t>(value, 60),
                      value[65], value.subspan(kHeaderBytes, length)};
}

std::u16string FileNameView::Name() const {
  std::u16string text(name.size() / 2, u'\0');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char16_t>(Load<std::uint16_t>(name, 2 * i));
  return text;
}

Expected<MftRecord> MftRecord::Parse(std::span<std::uint8_t> bytes) {
  if (bytes.size() < kRecordHeaderBytes || std::memcmp(bytes.data(), "FILE", 4) != 0)
    return Corrupt("not a FILE record");
  const std::size_t used = Load<std::uint32_t>(bytes, 24);
  if (used < kRecordHeaderBytes || used > bytes.size()) return Corrupt("its size in use lies outside the record");
  MftRecord record;
  record.bytes_ = bytes.first(used);
  record.sequence_ = Load<std::uint16_t>(bytes, 16);
  record.links_ = Load<std::uint16_t>(bytes, 18);
  record.flags_ = Load<std::uint16_t>(bytes, 22);
  record.is_extension_ = Load<std::uint64_t>(bytes, 32) != 0;
  record.first_attribute_ = Load<std::uint16_t>(bytes, 20);
  bool broken = false;
  std::size_t at = record.first_attribute_;
  while (auto attribute = Next(record.bytes_, at, broken)) {
    const auto type = static_cast<AttributeType>(attribute->type);
    if (type == AttributeType::kAttributeList) record.has_attribute_list_ = true;
    if (type == AttributeType::kSecurityDescriptor) record.has_own_descriptor_ = true;
    if (type != AttributeType::kStandardInformation) continue;
    if (!attribute->resident || attribute->value_size < 48) return Corrupt("$STANDARD_INFORMATION is too short");
    record.standard_information_ = attribute->value_at;
    record.file_attributes_ = Load<std::uint32_t>(record.bytes_, attribute->value_at + 32);
    if (attribute->value_size >= kStandardInformationV3Bytes) {
      record.security_id_ = Load<std::uint32_t>(record.bytes_, attribute->value_at + kSecurityIdAt);
    }
  }
  if (broken) return Corrupt("an attribute lies outside the record");
  return record;
}

void MftRecord::SetSecurityId(std::uint32_t id) {
  Store<std::uint32_t>(bytes_, standard_information_ + kSecurityIdAt, id);
  security_id_ = id;
}

void MftRecord::ForEach(AttributeType type, const std::function<void(std::span<const std::uint8_t>)>& take) const {
  bool broken = false;
  std::size_t at = first_attribute_;
  while (auto attribute = Next(bytes_, at, broken)) {
    if (!attribute->resident || attribute->type != static_cast<std::uint32_t>(type)) continue;
    take(std::span<const std::uint8_t>(bytes_).subspan(attribute->value_at, attribute->value_size));
  }
}

std::optional<std::uint32_t> MftRecord::ReparseTag() const {
  std::optional<std::uint32_t> tag;
  ForEach(AttributeType::kReparsePoint, [&](std::span<const std::uint8_t> value) {
    if (value.size() >= 4) tag = Load<std::uint32_t>(value, 0);
  });
  return tag;
}

}  // namespace acledger::scanner::ntfs3g
