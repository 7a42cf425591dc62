// SPDX-License-Identifier: MIT
#include "scanner/ntfs/read_ahead.h"

#include <gtest/gtest.h>

#include <thread>

#include "tests/scanner/ntfs/format.h"
#include "tests/scanner/ntfs/memory_device.h"
#include "tests/scanner/ntfs/must.h"

namespace acledger::scanner::ntfs {
namespace {

using format::ByteVector;

constexpr std::size_t kSector = 512;

// A stream that lies backwards on its device: one cluster of a sector behind the other.
class ReadAheadTest : public testing::Test {
 protected:
  ReadAheadTest() : device_(ByteVector(kSectors * kSector)), stream_(device_, Shape()) {
    for (std::size_t i = 0; i < device_.bytes.size(); ++i)
      device_.bytes[i] = static_cast<std::uint8_t>(i / kSector * 7 + i);
    std::vector<ntfs::Run> runs;
    for (std::uint64_t i = 0; i < kSectors; ++i) {
      runs.push_back({i, kSectors - 1 - i, 1});
      const auto at = device_.bytes.begin() + static_cast<std::ptrdiff_t>((kSectors - 1 - i) * kSector);
      contents_.insert(contents_.end(), at, at + static_cast<std::ptrdiff_t>(kSector));
    }
    const ByteVector part = format::NonResident(AttributeType::kData, {.runs = runs, .size = contents_.size()});
    Must(stream_.Append(AttributeView(part.data())));
  }

  static BootSector Shape() {
    BootSector boot;
    boot.cluster_bytes = kSector;
    boot.clusters = kSectors;
    return boot;
  }

  static constexpr std::uint64_t kSectors = 100;
  MemoryDevice device_;
  Stream stream_;
  ByteVector contents_;
};

TEST_F(ReadAheadTest, GivesAllBytesInOrderWhateverThePieces) {
  const std::size_t sizes[] = {1, 700, kSector, 10 * kSector, 33 * kSector, 100 * kSector, 1'000'000};
  for (const std::size_t piece_bytes : sizes) {
    ByteVector all;
    ReadAhead pieces(stream_, contents_.size(), piece_bytes);
    for (ReadAhead::Piece piece = pieces.Next(); !piece.bytes.empty(); piece = pieces.Next()) {
      Must(piece.read);
      ASSERT_EQ(piece.bytes.size(), std::min(piece_bytes, contents_.size() - all.size()));
      all.insert(all.end(), piece.bytes.begin(), piece.bytes.end());
    }
    EXPECT_EQ(all, contents_) << piece_bytes;
    EXPECT_TRUE(pieces.Next().bytes.empty()) << piece_bytes;
  }
}

TEST_F(ReadAheadTest, LosesOnlyThePieceWithTheBadSector) {
  device_.bad_sectors = {kSectors - 1 - 45};
  ReadAhead pieces(stream_, contents_.size(), 10 * kSector);
  std::vector<bool> read;
  for (ReadAhead::Piece piece = pieces.Next(); !piece.bytes.empty(); piece = pieces.Next())
    read.push_back(piece.read.has_value());
  EXPECT_EQ(read, (std::vector<bool>{true, true, true, true, false, true, true, true, true, true}));
}

// The reader is two pieces ahead at most: the one that the caller has is not filled again, and the destructor does not
// wait for the rest.
TEST_F(ReadAheadTest, LeavesThePieceAloneThatTheCallerHas) {
  for (std::uint64_t taken = 1; taken < 5; ++taken) {
    device_.reads = 0;
    {
      ReadAhead pieces(stream_, contents_.size(), kSector);
      ReadAhead::Piece piece;
      for (std::uint64_t i = 0; i < taken; ++i) Must((piece = pieces.Next()).read);
      while (device_.reads < taken + 1) std::this_thread::yield();
      std::this_thread::sleep_for(std::chrono::milliseconds(20));  // For a reader that goes on.
      EXPECT_TRUE(std::ranges::equal(piece.bytes, std::span(contents_).subspan((taken - 1) * kSector, kSector)));
      EXPECT_EQ(device_.reads, taken + 1);
    }
    EXPECT_EQ(device_.reads, taken + 1);
  }
}

TEST_F(ReadAheadTest, OfNothingGivesTheEnd) { EXPECT_TRUE(ReadAhead(stream_, 0, kSector).Next().bytes.empty()); }

}  // namespace
}  // namespace acledger::scanner::ntfs
