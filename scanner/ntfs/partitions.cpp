// SPDX-License-Identifier: MIT
#include "scanner/ntfs/partitions.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "scanner/ntfs/boot_sector.h"
#include "scanner/ntfs/bytes.h"
#include "security/wtf8.h"

namespace acledger::scanner::ntfs {
namespace {

constexpr std::array<std::uint32_t, 2> kSectorSizes = {512, 4096};
constexpr std::uint8_t kProtective = 0xEE;
constexpr std::size_t kMbrBytes = 512, kMbrEntries = 446, kMbrEntryBytes = 16;
constexpr unsigned kFirstLogical = 5, kMostLogical = 124;
constexpr std::uint32_t kMostGptEntries = 1024;
constexpr std::size_t kGptHeaderBytes = 92;

using Sector = std::array<std::uint8_t, kMbrBytes>;

// CRC-32 as in the UEFI specification (that of IEEE 802.3), bit by bit: a few KiB once.
std::uint32_t Crc32(Bytes bytes) {
  std::uint32_t crc = ~0u;
  for (const std::uint8_t byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xEDB88320u : 0);
  }
  return ~crc;
}

struct MbrEntry {
  std::uint8_t type = 0;
  std::uint64_t first = 0, count = 0;  // Sectors.

  static MbrEntry At(const Sector& sector, unsigned index) {
    const std::uint8_t* at = sector.data() + kMbrEntries + std::size_t{index} * kMbrEntryBytes;
    return {at[4], LoadU32(at + 8), LoadU32(at + 12)};
  }
  bool IsExtended() const { return type == 0x05 || type == 0x0F || type == 0x85; }
  bool IsUsed() const { return type != 0 && count != 0; }
};

bool IsMarked(const Sector& sector) { return sector[510] == 0x55 && sector[511] == 0xAA; }

class Lister {
 public:
  Lister(BlockDevice& device, std::uint32_t sector_bytes) : device_(device), sector_bytes_(sector_bytes) {}

  std::vector<Partition> found;

  void Add(unsigned number, std::uint64_t first, std::uint64_t count, std::string name = {}) {
    const std::uint64_t sectors = device_.Size() / sector_bytes_;
    if (!Within(first, count, sectors) || count == 0) return;
    found.push_back({number, first * sector_bytes_, count * sector_bytes_, std::move(name), false});
    std::array<std::uint8_t, BootSector::kBytes> boot{};
    if (device_.Read(found.back().offset, boot)) found.back().holds_ntfs = BootSector::Parse(boot).has_value();
  }

  // Each logical partition has a table of its own: itself, counted from there, and the next table, counted from the
  // first.
  Expected<void> AddLogical(std::uint64_t extended) {
    std::uint64_t table = extended;
    unsigned number = kFirstLogical;
    for (unsigned tables = 0; tables < kMostLogical; ++tables) {
      Sector sector{};
      if (!Within(table, 1, device_.Size() / sector_bytes_)) return {};
      if (auto read = device_.Read(table * sector_bytes_, sector); !read) return read;
      if (!IsMarked(sector)) return {};
      const MbrEntry self = MbrEntry::At(sector, 0), next = MbrEntry::At(sector, 1);
      if (self.IsUsed()) Add(number++, table + self.first, self.count);
      if (!next.IsUsed() || next.first == 0) return {};
      table = extended + next.first;
    }
    return {};
  }

  // False: no whole table at this sector.
  bool TakeGpt(std::uint64_t at) {
    std::vector<std::uint8_t> header(sector_bytes_);
    if (!Within(at, 1, device_.Size() / sector_bytes_) || !device_.Read(at * sector_bytes_, header)) return false;
    if (std::memcmp(header.data(), "EFI PART", 8) != 0 || LoadU64(&header[24]) != at) return false;
    const std::uint32_t header_bytes = LoadU32(&header[12]), crc = LoadU32(&header[16]);
    if (header_bytes < kGptHeaderBytes || header_bytes > header.size()) return false;
    std::memset(&header[16], 0, 4);
    if (Crc32(Bytes(header).first(header_bytes)) != crc) return false;
    const std::uint64_t entries_at = LoadU64(&header[72]);
    const std::uint32_t count = LoadU32(&header[80]), size = LoadU32(&header[84]);
    if (size < 128 || size > 4096 || count > kMostGptEntries) return false;
    std::vector<std::uint8_t> entries(std::size_t{count} * size);
    if (!Within(entries_at, 1, device_.Size() / sector_bytes_)) return false;
    if (!device_.Read(entries_at * sector_bytes_, entries) || Crc32(entries) != LoadU32(&header[88])) return false;
    for (std::uint32_t i = 0; i < count; ++i) TakeGptEntry(i + 1, Bytes(entries).subspan(std::size_t{i} * size, size));
    return true;
  }

 private:
  void TakeGptEntry(unsigned number, Bytes entry) {
    if (std::ranges::all_of(entry.first(16), [](std::uint8_t byte) { return byte == 0; })) return;
    const std::uint64_t first = LoadU64(&entry[32]), last = LoadU64(&entry[40]);
    if (last < first) return;
    std::u16string name;
    for (std::size_t at = 56; at + 1 < 128 && LoadU16(&entry[at]) != 0; at += 2)
      name.push_back(static_cast<char16_t>(LoadU16(&entry[at])));
    Add(number, first, last - first + 1, ToWtf8(name));
  }

  BlockDevice& device_;
  std::uint32_t sector_bytes_;
};

Expected<std::vector<Partition>> ListGpt(BlockDevice& device) {
  for (const std::uint32_t sector_bytes : kSectorSizes) {
    const std::uint64_t sectors = device.Size() / sector_bytes;
    for (const std::uint64_t at : {std::uint64_t{1}, sectors - 1}) {
      Lister lister(device, sector_bytes);
      if (lister.TakeGpt(at)) return std::move(lister.found);
    }
  }
  return std::unexpected(Error{ErrorKind::kCorrupt, "read the partition table", device.Name(), 0,
                               "it is a GPT, and neither of its two copies is whole"});
}

std::string TextOf(const std::vector<Partition>& partitions) {
  std::string text;
  for (const Partition& one : partitions) {
    text += (text.empty() ? "" : ", ") + std::to_string(one.number) + " (" +
            (one.holds_ntfs ? std::string("NTFS, ") : std::string()) + std::to_string(one.bytes >> 20) + " MiB" +
            (one.name.empty() ? "" : ", " + one.name) + ")";
  }
  return text;
}

std::unexpected<Error> Choose(const BlockDevice& device, std::string reason) {
  return std::unexpected(Error{ErrorKind::kInvalid, kChoosePartition, device.Name(), 0, std::move(reason)});
}

}  // namespace

Expected<std::vector<Partition>> ListPartitions(BlockDevice& device) {
  Sector sector{};
  if (device.Size() < sector.size()) return std::vector<Partition>();
  if (auto read = device.Read(0, sector); !read) return std::unexpected(read.error());
  // A volume's own first sector has the same mark, and code where a table would be.
  if (!IsMarked(sector) || BootSector::Parse(sector) || std::memcmp(&sector[3], "NTFS    ", 8) == 0)
    return std::vector<Partition>();
  for (unsigned i = 0; i < 4; ++i) {
    if (MbrEntry::At(sector, i).type == kProtective) return ListGpt(device);
  }
  Lister lister(device, kSectorSizes[0]);
  std::optional<std::uint64_t> extended;
  for (unsigned i = 0; i < 4; ++i) {
    const MbrEntry entry = MbrEntry::At(sector, i);
    if ((sector[kMbrEntries + i * kMbrEntryBytes] & 0x7F) != 0) return std::vector<Partition>();  // No table at all.
    if (entry.IsUsed() && entry.IsExtended() && !extended) extended = entry.first;
    if (entry.IsUsed() && !entry.IsExtended()) lister.Add(i + 1, entry.first, entry.count);
  }
  if (extended) {
    if (auto logical = lister.AddLogical(*extended); !logical) return std::unexpected(logical.error());
  }
  return std::move(lister.found);
}

Expected<DiskPart> FindPart(BlockDevice& device, unsigned partition) {
  const auto partitions = ListPartitions(device);
  if (!partitions) return std::unexpected(partitions.error());
  if (partitions->empty() && partition == 0) return DiskPart();
  if (partitions->empty()) return Choose(device, "it has no partitions: leave --partition out");
  if (partition == 0) return Choose(device, "it is partitioned, say --partition N: " + TextOf(*partitions));
  const auto found = std::ranges::find(*partitions, partition, &Partition::number);
  if (found != partitions->end()) return DiskPart{partition, found->offset, found->bytes};
  return Choose(device, "it has no partition " + std::to_string(partition) + "; there are " + TextOf(*partitions));
}

}  // namespace acledger::scanner::ntfs
