// SPDX-License-Identifier: MIT
#include "scanner/ntfs/record.h"

#include <algorithm>
#include <cstring>
#include <string>

namespace acledger::scanner::ntfs {
namespace {

constexpr std::size_t kStride = 512;  // Of fix-ups: the sector of NTFS, whatever the device's.
constexpr std::size_t kHeaderBytes = 42;
constexpr std::size_t kNumberedHeaderBytes = 48;  // Since NTFS 3.1: with the record's own number at 44.
constexpr std::size_t kResidentHeaderBytes = 24, kNonResidentHeaderBytes = 64;
constexpr std::uint32_t kEndOfAttributes = 0xFFFFFFFF;

std::unexpected<Error> Corrupt(std::uint64_t number, const char* reason) {
  return Fail(ErrorKind::kCorrupt, "read MFT record " + std::to_string(number), reason);
}

// The last two bytes of each stride were replaced by a counter when the record was written; the originals lie behind
// the header. A stride with another counter is from another write.
const char* TakeOffFixups(std::span<std::uint8_t> bytes) {
  const std::size_t at = LoadU16(bytes.data() + 4), count = LoadU16(bytes.data() + 6);
  if (count != bytes.size() / kStride + 1) return "it has fix-ups for another size";
  if (at < kHeaderBytes || at % 2 != 0 || at + 2 * count > kStride - 2) return "its fix-ups lie outside the header";
  const std::uint8_t* counter = bytes.data() + at;
  for (std::size_t i = 1; i < count; ++i) {
    std::uint8_t* last = bytes.data() + i * kStride - 2;
    if (std::memcmp(last, counter, 2) != 0) return "it was written in part (a torn write)";
    std::memcpy(last, counter + 2 * i, 2);
  }
  return nullptr;
}

bool IsSoundResident(const std::uint8_t* at, std::uint32_t length) {
  const std::uint32_t offset = LoadU16(at + 20);
  return offset >= kResidentHeaderBytes && Within(offset, LoadU32(at + 16), length);
}

bool IsSoundNonResident(const std::uint8_t* at, std::uint32_t length) {
  if (length < kNonResidentHeaderBytes) return false;
  const std::uint32_t pairs = LoadU16(at + 32);
  return pairs >= kNonResidentHeaderBytes && pairs <= length;
}

bool IsSound(const std::uint8_t* at, std::uint32_t length) {
  if (at[8] > 1) return false;
  if (at[9] != 0 && !Within(LoadU16(at + 10), std::uint64_t{at[9]} * 2, length)) return false;
  return at[8] == 0 ? IsSoundResident(at, length) : IsSoundNonResident(at, length);
}

// The end marker behind the attributes from `at` on, or null with `why`.
const std::uint8_t* CheckAttributes(const std::uint8_t* at, const std::uint8_t* end, const char*& why) {
  std::uint32_t before = 0;
  for (;;) {
    const auto left = static_cast<std::uint64_t>(end - at);
    why = "its attributes have no end";
    if (left < 4) return nullptr;
    const std::uint32_t type = LoadU32(at);
    if (type == kEndOfAttributes) return at;
    why = "an attribute lies outside the record";
    if (left < kResidentHeaderBytes) return nullptr;
    const std::uint32_t length = LoadU32(at + 4);
    if (length < kResidentHeaderBytes || length % 8 != 0 || length > left) return nullptr;
    why = "its attributes are not in order";
    if (type < before || type == 0 || type % 16 != 0) return nullptr;
    why = "an attribute's parts lie outside of it";
    if (!IsSound(at, length)) return nullptr;
    before = type;
    at += length;
  }
}

}  // namespace

bool RecordView::IsBlank(Bytes bytes) {
  return std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte == 0; });
}

Expected<RecordView> RecordView::Parse(std::span<std::uint8_t> bytes, std::uint64_t number) {
  if (bytes.size() < kStride || bytes.size() % kStride != 0) return Corrupt(number, "it is no whole number of sectors");
  if (std::memcmp(bytes.data(), "BAAD", 4) == 0) return Corrupt(number, "it is marked as bad");
  if (std::memcmp(bytes.data(), "FILE", 4) != 0) return Corrupt(number, "it has no FILE signature");
  if (const char* why = TakeOffFixups(bytes)) return Corrupt(number, why);
  const std::uint8_t* at = bytes.data();
  // A header with room for its own number has it.
  if (LoadU16(at + 4) >= kNumberedHeaderBytes && LoadU32(at + 44) != static_cast<std::uint32_t>(number)) {
    return Corrupt(number, "it is the record of another number");
  }
  const std::size_t used = LoadU32(at + 24), first = LoadU16(at + 20);
  if (used > bytes.size() || LoadU32(at + 28) != bytes.size()) return Corrupt(number, "its size lies outside of it");
  const std::size_t fixups_end = LoadU16(at + 4) + std::size_t{2} * LoadU16(at + 6);
  if (first < fixups_end || first % 8 != 0 || first > used)
    return Corrupt(number, "its attributes begin outside of it");
  const char* why = nullptr;
  const std::uint8_t* end = CheckAttributes(at + first, at + used, why);
  if (end == nullptr) return Corrupt(number, why);
  return RecordView(at, end);
}

}  // namespace acledger::scanner::ntfs
