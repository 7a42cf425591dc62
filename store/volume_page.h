// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "security/error.h"
#include "security/sid.h"

// The index of a whole volume is kept in pages: all objects whose numbers (the low 48 bits of an NTFS FILE_ID) share
// the upper bits, as two byte strings. Names lie apart from what is known of the objects, so that a search by name
// reads nothing else.
namespace acledger::store {

inline constexpr std::uint32_t kObjectsAPage = 1024;

struct IndexedName {
  std::uint64_t parent = 0;  // The folder: the low half of its FILE_ID.
  std::string_view text;     // WTF-8.
  bool operator==(const IndexedName&) const = default;
};

struct IndexedObject {
  std::uint64_t id = 0;           // The low half of its FILE_ID.
  std::uint32_t attributes = 0;   // FILE_ATTRIBUTE_*.
  std::uint32_t reparse_tag = 0;  // 0: none.
  std::int64_t descriptor = 0;    // A DescriptorId; 0: not known for sure, nothing may be concluded.
  bool is_folder = false;
  bool names_are_sure = true;  // False: it may have others than those that are kept.

  std::uint64_t Number() const { return id & 0x0000FFFFFFFFFFFF; }
  bool operator==(const IndexedObject&) const = default;
};

// Makes the bytes of one page after the other. Equal objects and names in equal order give equal bytes.
class VolumePageWriter {
 public:
  // Empty again, for this page.
  void Begin(std::uint32_t page);
  // By ascending number, of this page only.
  void Add(const IndexedObject& object, std::span<const IndexedName> names);

  std::uint32_t Page() const { return page_; }
  bool IsEmpty() const { return facts_.empty(); }
  // Valid until the next call.
  security::Bytes Names() const { return names_; }
  security::Bytes Facts() const { return facts_; }

 private:
  std::uint32_t page_ = 0;
  std::uint64_t next_number_ = 0, parent_ = 0;
  std::uint32_t attributes_ = 0;
  std::vector<std::uint8_t> names_, facts_;
};

// One page, decoded.
class VolumePage {
 public:
  struct Entry {
    IndexedObject object;
    std::uint32_t first_name = 0, names = 0;
  };

  // The inverse of VolumePageWriter, for any bytes: kCorrupt with the page's number for what it cannot have written.
  static Expected<VolumePage> Decode(std::uint32_t page, security::Bytes names, security::Bytes facts);

  std::span<const Entry> Entries() const { return entries_; }
  const Entry* Find(std::uint64_t number) const;
  // Text is valid as long as the page, also where it is moved.
  std::span<const IndexedName> NamesOf(const Entry& entry) const {
    return std::span(names_).subspan(entry.first_name, entry.names);
  }
  // Whose name that is; `name` counts all names of the page, in order. Precondition: there is such a name.
  const Entry& OwnerOf(std::size_t name) const;
  const IndexedName& Name(std::size_t name) const { return names_[name]; }
  std::size_t Names() const { return names_.size(); }

 private:
  std::vector<char> text_;
  std::vector<Entry> entries_;  // By number.
  std::vector<IndexedName> names_;
};

// Behind each name of a page; no byte of WTF-8.
inline constexpr char kNameEnd = '\xFF';

}  // namespace acledger::store
