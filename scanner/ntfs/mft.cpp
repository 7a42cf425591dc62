// SPDX-License-Identifier: MIT
#include "scanner/ntfs/mft.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "scanner/ntfs/whole_attribute.h"

namespace acledger::scanner::ntfs {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{2}
                                    << 20;  // Larger ones leave the caches, smaller ones wake threads too often.

std::unexpected<Error> Corrupt(std::string reason) { return Fail(ErrorKind::kCorrupt, "find $MFT", std::move(reason)); }

// Decided before anything else is checked: the flags lie where no fix-up reaches.
bool IsFree(Bytes record) { return std::memcmp(record.data(), "FILE", 4) == 0 && (record[22] & 1) == 0; }

void TakeRecord(std::uint32_t number, std::span<std::uint8_t> bytes, const Mft::Take& take, Mft::Pass& pass) {
  if (IsFree(bytes)) {
    ++pass.free;
  } else if (bytes[0] == 0 && RecordView::IsBlank(bytes)) {
    ++pass.blank;
  } else {
    ++pass.used;
    take(number, RecordView::Parse(bytes, number));
  }
}

}  // namespace

Expected<Mft> Mft::Open(BlockDevice& device) {
  std::array<std::uint8_t, BootSector::kBytes> sector{};
  if (device.Size() < sector.size()) {
    return std::unexpected(Error{ErrorKind::kInvalid, "read boot sector", device.Name(), 0, "shorter than a sector"});
  }
  if (auto read = device.Read(0, sector); !read) return std::unexpected(std::move(read.error()));
  auto boot = BootSector::Parse(sector);
  if (!boot) return std::unexpected(std::move(boot.error()).At(device.Name()));
  if (boot->VolumeBytes() > device.Size()) {
    return std::unexpected(Error{
        ErrorKind::kCorrupt, "read boot sector", device.Name(), 0,
        "the volume has " + std::to_string(boot->VolumeBytes()) + " bytes, here are " + std::to_string(device.Size())});
  }
  Mft mft(device, *boot);
  auto found = mft.Find(boot->mft_cluster);
  if (!found && boot->mirror_cluster < boot->clusters) {
    mft = Mft(device, *boot);
    mft.first_copy_error_ = std::move(found.error());
    found = mft.Find(boot->mirror_cluster);
    if (!found) found = std::unexpected(*mft.first_copy_error_);  // What is wrong with the first says more.
  }
  if (!found) return std::unexpected(std::move(found.error()).At(device.Name()));
  return mft;
}

Expected<void> Mft::Find(std::uint64_t at_cluster) {
  std::vector<std::uint8_t> room(boot_.record_bytes);
  const std::uint64_t offset = at_cluster * boot_.cluster_bytes;
  if (!Within(offset, room.size(), boot_.VolumeBytes())) return Corrupt("its first record lies outside the volume");
  if (auto read = device_->Read(offset, room); !read) return read;
  const auto record = RecordView::Parse(room, kMftRecord);
  if (!record) return std::unexpected(record.error());
  if (!record->IsInUse() || record->IsExtension()) return Corrupt("its first record is not in use");
  auto list = ReadList(*record, *device_, boot_);
  if (!list) return std::unexpected(std::move(list.error()));
  const auto read = [this](std::uint64_t number, std::span<std::uint8_t> to) { return Read(number, to); };
  if (auto added = AppendParts(*record, kMftRecord, AttributeType::kData, "", *list, read, stream_); !added) {
    return added;
  }
  if (auto whole = stream_.CheckWhole(); !whole) return whole;
  const std::uint64_t records = stream_.InitialisedBytes() / boot_.record_bytes;
  if (records > std::numeric_limits<std::uint32_t>::max()) {
    return Fail(ErrorKind::kTooLarge, "find $MFT", std::to_string(records) + " records");
  }
  if (records <= kRootRecord) return Corrupt("it ends before the root folder");
  records_ = static_cast<std::uint32_t>(records);
  return {};
}

Expected<RecordView> Mft::Read(std::uint64_t number, std::span<std::uint8_t> room) const {
  if (number >= std::numeric_limits<std::uint32_t>::max()) {
    return Fail(ErrorKind::kCorrupt, "read MFT record " + std::to_string(number), "no volume has so many");
  }
  if (auto read = stream_.Read(number * boot_.record_bytes, room); !read) {
    Error error = std::move(read.error());
    error.operation = "read MFT record " + std::to_string(number);
    return std::unexpected(std::move(error));
  }
  return RecordView::Parse(room, number);
}

Mft::Pass Mft::ForEach(const Take& take) const {
  Pass pass;
  const std::size_t size = boot_.record_bytes;
  const std::size_t piece_bytes = std::max<std::size_t>(kPieceBytes / size, 1) * size;
  ReadAhead pieces(stream_, std::uint64_t{records_} * size, piece_bytes);
  std::uint32_t first = 0;
  for (ReadAhead::Piece piece = pieces.Next(); !piece.bytes.empty(); piece = pieces.Next()) {
    TakePiece(first, piece, take, pass);
    first += static_cast<std::uint32_t>(piece.bytes.size() / size);
  }
  return pass;
}

void Mft::TakePiece(std::uint32_t first, const ReadAhead::Piece& piece, const Take& take, Pass& pass) const {
  const std::size_t size = boot_.record_bytes;
  if (!piece.read) {
    // Somewhere in it is a bad sector: only the records that it holds are lost.
    TakeOneByOne(first, piece.bytes, take, pass);
    return;
  }
  for (std::uint32_t i = 0; i < piece.bytes.size() / size; ++i)
    TakeRecord(first + i, piece.bytes.subspan(i * size, size), take, pass);
}

void Mft::TakeOneByOne(std::uint32_t first, std::span<std::uint8_t> room, const Take& take, Pass& pass) const {
  const std::size_t size = boot_.record_bytes;
  for (std::uint32_t i = 0; i < room.size() / size; ++i) {
    const std::span<std::uint8_t> bytes = room.subspan(i * size, size);
    auto read = stream_.Read((std::uint64_t{first} + i) * size, bytes);
    if (read) {
      TakeRecord(first + i, bytes, take, pass);
      continue;
    }
    ++pass.used;
    Error error = std::move(read.error());
    error.operation = "read MFT record " + std::to_string(first + i);
    take(first + i, std::unexpected(std::move(error)));
  }
}

}  // namespace acledger::scanner::ntfs
