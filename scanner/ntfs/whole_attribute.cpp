// SPDX-License-Identifier: MIT
#include "scanner/ntfs/whole_attribute.h"

#include <algorithm>
#include <optional>
#include <string>

namespace acledger::scanner::ntfs {
namespace {

constexpr std::uint64_t kMaxListBytes = std::uint64_t{256} << 10;  // NTFS allows no longer one.

std::unexpected<Error> Failed(ErrorKind kind, std::string reason) {
  return Fail(kind, "read attribute", std::move(reason));
}

std::optional<AttributeView> FindPart(const RecordView& record, AttributeType type, std::string_view name,
                                      std::uint64_t vcn) {
  for (const AttributeView attribute : record) {
    if (attribute.Type() != type || attribute.IsResident() || !HasName(attribute, name)) continue;
    if (attribute.LowestVcn() == vcn) return attribute;
  }
  return std::nullopt;
}

// The records that the list names for parts behind `vcn`, in the order of the parts.
std::vector<ListedAttribute> Continuations(const std::vector<ListedAttribute>& list, AttributeType type, bool has_name,
                                           std::uint64_t number) {
  std::vector<ListedAttribute> parts;
  for (const ListedAttribute& item : list) {
    if (item.type == type && item.has_name == has_name && item.record.Number() != number) parts.push_back(item);
  }
  std::ranges::sort(parts, {}, &ListedAttribute::lowest_vcn);
  return parts;
}

}  // namespace

Expected<std::vector<std::uint8_t>> ReadValue(const AttributeView& attribute, BlockDevice& device,
                                              const BootSector& boot, std::uint64_t limit) {
  if (attribute.IsResident()) {
    const Bytes value = attribute.Value();
    if (value.size() > limit) return Failed(ErrorKind::kTooLarge, std::to_string(value.size()) + " bytes");
    return std::vector<std::uint8_t>(value.begin(), value.end());
  }
  Stream stream(device, boot);
  if (auto added = stream.Append(attribute); !added) return std::unexpected(std::move(added.error()));
  if (auto whole = stream.CheckWhole(); !whole) return std::unexpected(std::move(whole.error()));
  if (stream.Size() > limit) return Failed(ErrorKind::kTooLarge, std::to_string(stream.Size()) + " bytes");
  std::vector<std::uint8_t> value(static_cast<std::size_t>(stream.Size()));
  if (auto read = stream.Read(0, value); !read) return std::unexpected(std::move(read.error()));
  return value;
}

Expected<std::vector<ListedAttribute>> ReadList(const RecordView& base, BlockDevice& device, const BootSector& boot) {
  for (const AttributeView attribute : base) {
    if (attribute.Type() != AttributeType::kAttributeList) continue;
    auto value = ReadValue(attribute, device, boot, kMaxListBytes);
    if (!value) return std::unexpected(std::move(value.error()));
    auto list = ListedAttribute::ParseAll(*value);
    if (!list) return Failed(ErrorKind::kCorrupt, "its $ATTRIBUTE_LIST cannot be read");
    return std::move(*list);
  }
  return std::vector<ListedAttribute>();
}

Expected<void> AppendParts(const RecordView& base, std::uint64_t number, AttributeType type, std::string_view name,
                           const std::vector<ListedAttribute>& list, const ReadRecord& read, Stream& to) {
  if (const auto first = FindPart(base, type, name, 0)) {
    if (auto added = to.Append(*first); !added) return added;
  }
  const FileReference self = FileReference::Of(number, base.Sequence());
  std::vector<std::uint8_t> room;
  for (const ListedAttribute& item : Continuations(list, type, !name.empty(), number)) {
    room.resize(to.RecordBytes());
    auto record = read(item.record.Number(), room);
    if (!record) return std::unexpected(std::move(record.error()));
    const bool ours = record->IsInUse() && record->Base() == self && record->Sequence() == item.record.Sequence();
    if (!ours) return Failed(ErrorKind::kCorrupt, "a record of its list continues another object");
    const auto part = FindPart(*record, type, name, item.lowest_vcn);
    if (!part && !name.empty()) continue;  // Of another stream: lists are looked through by whether there is a name.
    if (!part) return Failed(ErrorKind::kCorrupt, "a record of its list lacks the part");
    if (auto added = to.Append(*part); !added) return added;
  }
  if (to.Runs().Runs().empty() && !FindPart(base, type, name, 0)) return Failed(ErrorKind::kNotFound, "it has none");
  return {};
}

}  // namespace acledger::scanner::ntfs
