// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "security/error.h"

namespace acledger::scanner::ntfs3g {

// Attribute types of NTFS that matter here.
enum class AttributeType : std::uint32_t {
  kStandardInformation = 0x10,
  kAttributeList = 0x20,
  kFileName = 0x30,
  kSecurityDescriptor = 0x50,
  kReparsePoint = 0xC0,
};

// A $FILE_NAME attribute, also the key of an entry of a folder's index.
struct FileNameView {
  static constexpr std::size_t kHeaderBytes = 66;
  static constexpr std::uint8_t kDosOnly = 2;  // FILE_NAME_DOS: the short name of a pair.

  std::uint64_t parent = 0;  // Sequence number in the upper 16 bits.
  std::uint32_t attributes = 0;
  std::uint32_t reparse_tag = 0;
  std::uint8_t name_space = 0;
  std::span<const std::uint8_t> name;  // UTF-16, little-endian.

  static std::optional<FileNameView> Parse(std::span<const std::uint8_t> value);
  std::u16string Name() const;
};

// One record of $MFT, after its fix-ups were taken off. Any bytes may be given; what does not lie within them is an
// error. Looks at the base record only: attributes that moved to extension records are found by HasAttributeList().
class MftRecord {
 public:
  static Expected<MftRecord> Parse(std::span<std::uint8_t> bytes);

  bool IsInUse() const { return (flags_ & 1) != 0; }
  bool IsFolder() const { return (flags_ & 2) != 0; }
  bool IsExtension() const { return is_extension_; }
  std::uint16_t SequenceNumber() const { return sequence_; }
  std::uint16_t LinkCount() const { return links_; }  // DOS names count here.

  bool HasAttributeList() const { return has_attribute_list_; }
  bool HasOwnDescriptor() const { return has_own_descriptor_; }
  std::uint32_t FileAttributes() const { return file_attributes_; }

  // Empty where $STANDARD_INFORMATION has the 48 bytes of NTFS 1.2. 0: the object has none.
  std::optional<std::uint32_t> SecurityId() const { return security_id_; }
  // Only where SecurityId() is not empty.
  void SetSecurityId(std::uint32_t id);

  // Calls `take` with the value of each resident attribute of this type.
  void ForEach(AttributeType type, const std::function<void(std::span<const std::uint8_t>)>& take) const;
  // The first eight bytes of the resident $REPARSE_POINT; empty where it is not in this record.
  std::optional<std::uint32_t> ReparseTag() const;

 private:
  std::span<std::uint8_t> bytes_;
  std::size_t first_attribute_ = 0;
  std::size_t standard_information_ = 0;  // Offset of its value.
  std::uint16_t flags_ = 0, sequence_ = 0, links_ = 0;
  bool is_extension_ = false, has_attribute_list_ = false, has_own_descriptor_ = false;
  std::uint32_t file_attributes_ = 0;
  std::optional<std::uint32_t> security_id_;
};

}  // namespace acledger::scanner::ntfs3g
