// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>

#include "scanner/ntfs/bytes.h"
#include "security/error.h"
#include "security/file_id.h"

namespace acledger::scanner::ntfs {

// What an attribute of a record is (type codes of NTFS 3.x; others exist and are passed over).
enum class AttributeType : std::uint32_t {
  kStandardInformation = 0x10,
  kAttributeList = 0x20,
  kFileName = 0x30,
  kSecurityDescriptor = 0x50,
  kVolumeInformation = 0x70,
  kData = 0x80,
  kReparsePoint = 0xC0,
};

// A record's number and how often it had been used: 48 + 16 bits, the low half of a FILE_ID.
struct FileReference {
  std::uint64_t raw = 0;

  static constexpr FileReference Of(std::uint64_t number, std::uint16_t sequence) {
    return {number | (std::uint64_t{sequence} << 48)};
  }
  constexpr std::uint64_t Number() const { return raw & 0x0000FFFFFFFFFFFF; }
  constexpr std::uint16_t Sequence() const { return static_cast<std::uint16_t>(raw >> 48); }
  constexpr FileId ToFileId() const { return {raw, 0}; }
  bool operator==(const FileReference&) const = default;
};

// One attribute inside a record that was checked: all it refers to lies within the record.
class AttributeView {
 public:
  static constexpr std::uint16_t kCompressed = 0x00FF, kEncrypted = 0x4000, kSparse = 0x8000;

  explicit AttributeView(const std::uint8_t* at) : at_(at) {}

  AttributeType Type() const { return static_cast<AttributeType>(LoadU32(at_)); }
  std::uint32_t Length() const { return LoadU32(at_ + 4); }
  bool IsResident() const { return at_[8] == 0; }
  bool HasName() const { return at_[9] != 0; }
  Bytes Name() const { return {at_ + LoadU16(at_ + 10), std::size_t{at_[9]} * 2}; }  // UTF-16, little-endian.
  std::uint16_t Flags() const { return LoadU16(at_ + 12); }
  std::uint16_t Instance() const { return LoadU16(at_ + 14); }

  // Resident only.
  Bytes Value() const { return {at_ + LoadU16(at_ + 20), LoadU32(at_ + 16)}; }

  // The others only. A long attribute has several of them, each with its own part; sizes are said in the first
  // (LowestVcn() 0).
  std::uint64_t LowestVcn() const { return LoadU64(at_ + 16); }
  std::uint64_t HighestVcn() const { return LoadU64(at_ + 24); }
  std::uint64_t DataBytes() const { return LoadU64(at_ + 48); }
  std::uint64_t InitialisedBytes() const { return LoadU64(at_ + 56); }
  Bytes MappingPairs() const { return {at_ + LoadU16(at_ + 32), Length() - LoadU16(at_ + 32)}; }

 private:
  const std::uint8_t* at_;
};

// One record of $MFT, inside bytes that somebody else owns and that must outlive it. Copies are cheap.
class RecordView {
 public:
  // Takes the fix-ups off (`bytes` is changed in place, so once only) and checks the header and every attribute's
  // bounds. kCorrupt: another signature than FILE, a sector that was not written with the others (a torn write), a
  // number inside that is not `number`, or a length that cannot be. `bytes` is one whole record.
  static Expected<RecordView> Parse(std::span<std::uint8_t> bytes, std::uint64_t number);
  static bool IsBlank(Bytes bytes);

  bool IsInUse() const { return (LoadU16(at_ + 22) & 1) != 0; }
  bool IsFolder() const { return (LoadU16(at_ + 22) & 2) != 0; }
  std::uint16_t Sequence() const { return LoadU16(at_ + 16); }
  std::uint16_t LinkCount() const { return LoadU16(at_ + 18); }  // $FILE_NAMEs of the object, DOS names too.
  // Whose attributes are continued here; raw 0: this is a base record.
  FileReference Base() const { return {LoadU64(at_ + 32)}; }
  bool IsExtension() const { return Base().raw != 0; }

  class Iterator {
   public:
    using value_type = AttributeView;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag;

    Iterator() = default;
    explicit Iterator(const std::uint8_t* at) : at_(at) {}
    AttributeView operator*() const { return AttributeView(at_); }
    Iterator& operator++() {
      at_ += LoadU32(at_ + 4);
      return *this;
    }
    Iterator operator++(int) {
      Iterator before = *this;
      ++*this;
      return before;
    }
    bool operator==(const Iterator& other) const { return at_ == other.at_; }

   private:
    const std::uint8_t* at_ = nullptr;
  };
  Iterator begin() const { return Iterator(at_ + LoadU16(at_ + 20)); }
  Iterator end() const { return Iterator(end_); }

 private:
  RecordView(const std::uint8_t* at, const std::uint8_t* end) : at_(at), end_(end) {}

  const std::uint8_t* at_;
  const std::uint8_t* end_;  // The marker behind the last attribute.
};

}  // namespace acledger::scanner::ntfs
