// SPDX-License-Identifier: MIT
#include "scanner/ntfs/secure.h"

#include <algorithm>
#include <bit>

#include "scanner/ntfs/whole_attribute.h"

namespace acledger::scanner::ntfs {
namespace {

constexpr std::uint64_t kBlockBytes = 0x40000;  // A block of first copies is followed by one of second copies.
constexpr std::size_t kAlignment = 16;
constexpr std::size_t kHeaderBytes = 20;  // Hash, id, offset (8 bytes), length with the header.
constexpr std::size_t kLeastDescriptor = 20;
constexpr std::size_t kMostInVain = 16 * kBlockBytes;  // Hashed of one block: see EntryAt().
constexpr std::size_t kMaxExamples = 16;
constexpr std::size_t kPage = 4096;

struct Entry {
  std::uint32_t id = 0;
  Bytes descriptor;

  std::size_t Step() const { return (kHeaderBytes + descriptor.size() + kAlignment - 1) / kAlignment * kAlignment; }
};

// Damaged entries may overlap, so that each byte would be hashed for each place before it. Once too much was hashed for
// nothing, what else the block holds is taken for damaged.
std::optional<Entry> EntryAt(Bytes block, std::size_t at, std::uint64_t place, std::size_t& in_vain) {
  if (!Within(at, kHeaderBytes + kLeastDescriptor, block.size())) return std::nullopt;
  const std::uint8_t* header = block.data() + at;
  const std::size_t length = LoadU32(header + 16);
  if (LoadU64(header + 8) != place || length < kHeaderBytes + kLeastDescriptor) return std::nullopt;
  if (!Within(at, length, block.size())) return std::nullopt;
  const Bytes descriptor = block.subspan(at + kHeaderBytes, length - kHeaderBytes);
  if (LoadU32(header + 4) == 0 || in_vain > kMostInVain) return std::nullopt;
  if (SecurityHash(descriptor) != LoadU32(header)) {
    in_vain += length;
    return std::nullopt;
  }
  return Entry{LoadU32(header + 4), descriptor};
}

// Both are entries of one place.
bool Same(const Entry& left, const Entry& right) {
  return left.id == right.id && std::ranges::equal(left.descriptor, right.descriptor);
}

bool IsZero(Bytes block, std::size_t at) {
  if (at >= block.size()) return true;
  return std::ranges::all_of(block.subspan(at, std::min(kAlignment, block.size() - at)),
                             [](std::uint8_t byte) { return byte == 0; });
}

void Note(SecureReport& report, std::uint64_t& count, std::uint64_t place) {
  ++count;
  if (report.examples.size() < kMaxExamples) report.examples.push_back(place);
}

// What the two copies of a place say together. The result: where the next place may be, counted from this one.
std::size_t TakePlace(const std::optional<Entry>& first, const std::optional<Entry>& second, std::uint64_t place,
                      DescriptorPool& pool, SharedDescriptors& to, SecureReport& report) {
  if (first && second && !Same(*first, *second)) {
    Note(report, report.ambiguous, place);
    to.Spoil(first->id);
    to.Spoil(second->id);
    return std::min(first->Step(), second->Step());
  }
  const Entry& entry = first ? *first : *second;
  ++report.entries;
  if (!first || !second) Note(report, report.repaired, place);
  if (!to.Add(entry.id, pool.Intern(entry.descriptor))) Note(report, report.ambiguous, place);
  return entry.Step();
}

// Fills `to` from `offset` on; pages that cannot be read stay zero.
void ReadWhatCanBe(const Stream& stream, std::uint64_t offset, std::span<std::uint8_t> to, SecureReport& report) {
  if (to.empty() || stream.Read(offset, to)) return;
  std::ranges::fill(to, std::uint8_t{0});
  for (std::size_t at = 0; at < to.size(); at += kPage) {
    const auto page = to.subspan(at, std::min(kPage, to.size() - at));
    if (stream.Read(offset + at, page)) continue;
    std::ranges::fill(page, std::uint8_t{0});
    Note(report, report.damaged, offset + at);
  }
}

Expected<Stream> OpenSds(const Mft& mft) {
  std::vector<std::uint8_t> room(mft.Boot().record_bytes);
  const auto record = mft.Read(kSecureRecord, room);
  if (!record) return std::unexpected(record.error());
  if (!record->IsInUse() || record->IsExtension()) {
    return Fail(ErrorKind::kCorrupt, "open $Secure", "its record is not in use");
  }
  auto list = ReadList(*record, mft.Device(), mft.Boot());
  if (!list) return std::unexpected(std::move(list.error()));
  Stream stream(mft.Device(), mft.Boot(), Holes::kAllowed);
  const auto read = [&mft](std::uint64_t number, std::span<std::uint8_t> to) { return mft.Read(number, to); };
  if (auto added = AppendParts(*record, kSecureRecord, AttributeType::kData, "$SDS", *list, read, stream); !added) {
    return std::unexpected(std::move(added.error()));
  }
  if (auto whole = stream.CheckWhole(); !whole) return std::unexpected(std::move(whole.error()));
  return stream;
}

}  // namespace

SharedDescriptors::Number& SharedDescriptors::Slot(std::uint32_t id) {
  if (id >= kNear) return far_.try_emplace(id, DescriptorPool::kNone).first->second;
  if (id >= near_.size()) near_.resize(id + std::size_t{1}, DescriptorPool::kNone);
  return near_[id];
}

bool SharedDescriptors::Add(std::uint32_t id, Number number) {
  if (spoilt_.contains(id)) return false;
  Number& slot = Slot(id);
  if (slot == number) return true;
  if (slot != DescriptorPool::kNone) {
    Spoil(id);
    return false;
  }
  slot = number;
  ++ids_;
  return true;
}

void SharedDescriptors::Spoil(std::uint32_t id) {
  if (!spoilt_.insert(id).second) return;
  Number& slot = Slot(id);
  if (slot != DescriptorPool::kNone) --ids_;
  slot = DescriptorPool::kNone;
}

std::uint32_t SecurityHash(Bytes descriptor) {
  std::uint32_t hash = 0;
  for (std::size_t at = 0; at + 4 <= descriptor.size(); at += 4) {
    hash = LoadU32(descriptor.data() + at) + std::rotl(hash, 3);
  }
  return hash;
}

void ReadSecureBlock(Bytes block, Bytes mirror, std::uint64_t offset, DescriptorPool& pool, SharedDescriptors& to,
                     SecureReport& report) {
  const std::size_t end = std::max(block.size(), mirror.size());
  std::size_t in_vain = 0;
  bool in_damage = false;
  for (std::size_t at = 0; at < end;) {
    const std::uint64_t place = offset + at;
    const auto first = EntryAt(block, at, place, in_vain), second = EntryAt(mirror, at, place, in_vain);
    if (first || second) {
      in_damage = false;
      at += TakePlace(first, second, place, pool, to, report);
      continue;
    }
    // Zeros: the rest of a block, into which the next descriptor did not fit.
    const bool zero = IsZero(block, at) && IsZero(mirror, at);
    if (!zero && !in_damage) Note(report, report.damaged, place);
    in_damage = !zero;
    at += kAlignment;
  }
  report.hashed_in_vain += in_vain;
}

Expected<SecureReport> ReadSecure(const Mft& mft, DescriptorPool& pool, SharedDescriptors& to) {
  auto stream = OpenSds(mft);
  if (!stream) {
    Error error = std::move(stream.error());
    error.operation = "read $Secure:$SDS: " + error.operation;
    return std::unexpected(std::move(error).At(mft.Device().Name()));
  }
  SecureReport report;
  std::vector<std::uint8_t> both(static_cast<std::size_t>(std::min(2 * kBlockBytes, stream->Size())));
  for (std::uint64_t offset = 0; offset < stream->Size(); offset += 2 * kBlockBytes) {
    // However long a hole is said to be, it costs nothing.
    offset = stream->NextData(offset) / (2 * kBlockBytes) * (2 * kBlockBytes);
    if (offset >= stream->Size()) break;
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(both.size(), stream->Size() - offset));
    const std::size_t first = std::min<std::size_t>(kBlockBytes, size);
    ReadWhatCanBe(*stream, offset, std::span(both).first(first), report);
    ReadWhatCanBe(*stream, offset + first, std::span(both).subspan(first, size - first), report);
    ReadSecureBlock(Bytes(both).first(first), Bytes(both).subspan(first, size - first), offset, pool, to, report);
  }
  return report;
}

}  // namespace acledger::scanner::ntfs
