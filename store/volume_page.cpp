// SPDX-License-Identifier: MIT
#include "store/volume_page.h"

#include <algorithm>
#include <limits>
#include <string>

#include "security/wtf8.h"

namespace acledger::store {
namespace {

// Of an object: a number with three flags, the sequence number, what differs in the attributes from the object before,
// the tag where there is one, the descriptor, how many names; of each name its parent's number as the way from the
// last one's, and sequence number. All as LEB128.
constexpr unsigned kFolder = 1, kNamesUnsure = 2, kTagged = 4, kFlagBits = 3;
constexpr unsigned kNumberBits = 48;

void Put(std::vector<std::uint8_t>& to, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) to.push_back(static_cast<std::uint8_t>(value | 0x80));
  to.push_back(static_cast<std::uint8_t>(value));
}

// Small where the difference is small, whatever its sign.
std::uint64_t ZigZag(std::uint64_t from, std::uint64_t to) {
  const std::uint64_t difference = to - from;
  return (difference << 1) ^ (0 - (difference >> 63));
}
std::uint64_t UnZigZag(std::uint64_t from, std::uint64_t coded) { return from + ((coded >> 1) ^ (0 - (coded & 1))); }

constexpr std::uint64_t NumberOf(std::uint64_t id) { return id & ((std::uint64_t{1} << kNumberBits) - 1); }

// Numbers one after the other; what cannot be is remembered, and all further numbers are 0.
class NumberReader {
 public:
  explicit NumberReader(security::Bytes bytes) : bytes_(bytes) {}

  std::uint64_t Take(std::uint64_t at_most) {
    std::uint64_t value = 0;
    for (unsigned shift = 0; at_ < bytes_.size() && shift < 64; shift += 7) {
      const std::uint8_t byte = bytes_[at_++];
      const std::uint64_t bits = byte & 0x7F;
      if (bits << shift >> shift != bits) break;
      value |= bits << shift;
      if (byte < 0x80) return value <= at_most && (byte != 0 || shift == 0) ? value : Spoil();
    }
    return Spoil();
  }
  bool AtEnd() const { return at_ == bytes_.size(); }
  bool IsSound() const { return sound_; }

 private:
  std::uint64_t Spoil() {
    sound_ = false;
    at_ = bytes_.size();
    return 0;
  }

  security::Bytes bytes_;
  std::size_t at_ = 0;
  bool sound_ = true;
};

constexpr std::uint64_t kMax64 = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t kMax32 = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint64_t kMax16 = std::numeric_limits<std::uint16_t>::max();
constexpr std::uint64_t kMaxDescriptor = std::numeric_limits<std::int64_t>::max();

// Nearly all names are, and this takes a tenth of the time.
bool IsAscii(std::string_view text) {
  unsigned bits = 0;
  for (const char c : text) bits |= static_cast<unsigned char>(c);
  return bits < 0x80;
}

// Splits the names of a page; nothing where one is empty, no WTF-8 or without its end.
std::optional<std::vector<IndexedName>> Split(std::string_view text) {
  std::vector<IndexedName> names;
  while (!text.empty()) {
    const std::size_t end = text.find(kNameEnd);
    if (end == text.npos || end == 0) return std::nullopt;
    const std::string_view name = text.substr(0, end);
    if (!IsAscii(name) && !IsWtf8(name)) return std::nullopt;
    names.push_back({0, name});
    text.remove_prefix(end + 1);
  }
  return names;
}

struct Decoding {
  NumberReader numbers;
  std::uint64_t first, next, parent = 0;
  std::uint32_t attributes = 0;
};

bool TakeEntry(Decoding& from, std::vector<IndexedName>& names, VolumePage::Entry& entry) {
  NumberReader& numbers = from.numbers;
  const std::uint64_t head = numbers.Take(std::uint64_t{kObjectsAPage} << kFlagBits);
  const std::uint64_t number = from.next + (head >> kFlagBits);
  if (number >= from.first + kObjectsAPage) return false;
  from.next = number + 1;
  IndexedObject& object = entry.object;
  object.id = number | numbers.Take(kMax16) << kNumberBits;
  object.attributes = from.attributes ^= static_cast<std::uint32_t>(numbers.Take(kMax32));
  object.is_folder = (head & kFolder) != 0;
  object.names_are_sure = (head & kNamesUnsure) == 0;
  if ((head & kTagged) != 0) {
    object.reparse_tag = static_cast<std::uint32_t>(numbers.Take(kMax32));
    if (object.reparse_tag == 0) return false;
  }
  object.descriptor = static_cast<std::int64_t>(numbers.Take(kMaxDescriptor));
  entry.names = static_cast<std::uint32_t>(numbers.Take(names.size() - entry.first_name));
  for (std::uint32_t i = 0; i < entry.names; ++i) {
    from.parent = UnZigZag(from.parent, numbers.Take(kMax64));
    if (from.parent >> kNumberBits != 0) return false;
    names[entry.first_name + i].parent = from.parent | numbers.Take(kMax16) << kNumberBits;
  }
  return numbers.IsSound();
}

}  // namespace

void VolumePageWriter::Begin(std::uint32_t page) {
  page_ = page;
  next_number_ = std::uint64_t{page} * kObjectsAPage;
  parent_ = 0;
  attributes_ = 0;
  names_.clear();
  facts_.clear();
}

void VolumePageWriter::Add(const IndexedObject& object, std::span<const IndexedName> names) {
  const std::uint64_t number = object.Number();
  const unsigned flags = (object.is_folder ? kFolder : 0) | (object.names_are_sure ? 0 : kNamesUnsure) |
                         (object.reparse_tag != 0 ? kTagged : 0);
  Put(facts_, (number - next_number_) << kFlagBits | flags);
  next_number_ = number + 1;
  Put(facts_, object.id >> kNumberBits);
  Put(facts_, object.attributes ^ attributes_);
  attributes_ = object.attributes;
  if (object.reparse_tag != 0) Put(facts_, object.reparse_tag);
  Put(facts_, static_cast<std::uint64_t>(object.descriptor));
  Put(facts_, names.size());
  for (const IndexedName& name : names) {
    Put(facts_, ZigZag(parent_, NumberOf(name.parent)));
    parent_ = NumberOf(name.parent);
    Put(facts_, name.parent >> kNumberBits);
    names_.insert(names_.end(), name.text.begin(), name.text.end());
    names_.push_back(static_cast<std::uint8_t>(kNameEnd));
  }
}

Expected<VolumePage> VolumePage::Decode(std::uint32_t page, security::Bytes names, security::Bytes facts) {
  const auto corrupt = [page](const char* what) {
    return Fail(ErrorKind::kCorrupt, "read page " + std::to_string(page) + " of the volume's index", what);
  };
  VolumePage decoded;
  decoded.text_.assign(names.begin(), names.end());
  auto split = Split({decoded.text_.data(), decoded.text_.size()});
  if (!split) return corrupt("its names are damaged");
  decoded.names_ = *std::move(split);
  const std::uint64_t first = std::uint64_t{page} * kObjectsAPage;
  Decoding from{NumberReader(facts), first, first};
  std::uint32_t names_taken = 0;
  while (!from.numbers.AtEnd()) {
    Entry entry;
    entry.first_name = names_taken;
    if (!TakeEntry(from, decoded.names_, entry)) return corrupt("what it says of its objects is damaged");
    names_taken += entry.names;
    decoded.entries_.push_back(entry);
  }
  if (!from.numbers.IsSound() || names_taken != decoded.names_.size()) return corrupt("it has names of no object");
  return decoded;
}

const VolumePage::Entry* VolumePage::Find(std::uint64_t number) const {
  const auto found =
      std::ranges::lower_bound(entries_, number, {}, [](const Entry& entry) { return entry.object.Number(); });
  return found == entries_.end() || found->object.Number() != number ? nullptr : &*found;
}

const VolumePage::Entry& VolumePage::OwnerOf(std::size_t name) const {
  const auto past = std::ranges::upper_bound(entries_, name, {}, &Entry::first_name);
  // Objects without names share the place of the one behind them: the last of these has it.
  return *std::prev(past);
}

}  // namespace acledger::store
