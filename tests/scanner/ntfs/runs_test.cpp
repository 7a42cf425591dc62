// SPDX-License-Identifier: MIT
#include "scanner/ntfs/runs.h"

#include <gmock/gmock.h>

#include "scanner/ntfs/stream.h"
#include "tests/scanner/ntfs/format.h"
#include "tests/scanner/ntfs/memory_device.h"
#include "tests/scanner/ntfs/must.h"

namespace acledger::scanner::ntfs {
namespace {

using format::ByteVector;
using testing::ElementsAre;
using testing::HasSubstr;

using Extent = ntfs::Run;  // A test's own Run() hides it.

constexpr std::uint64_t kClusters = 1000;

ByteVector Part(const std::vector<Extent>& runs, std::uint64_t size = 0, std::uint16_t flags = 0) {
  return format::NonResident(AttributeType::kData, {.runs = runs, .size = size, .flags = flags});
}

Expected<void> Append(RunList& list, const ByteVector& part) { return list.Append(AttributeView(part.data())); }

TEST(DecodeRuns, FollowsForwardsAndBackwards) {
  const std::vector<Extent> runs = {{0, 500, 3}, {3, 20, 300}, {303, 900, 1}};
  EXPECT_EQ(Must(DecodeRuns(format::Pairs(runs), 0, kClusters, Holes::kRefused)), runs);
}

TEST(DecodeRuns, ReadsNumbersOfEveryWidth) {
  const std::vector<Extent> runs = {{7, 1ull << 55, 0x7FFF'FFFF}, {7ull + 0x7FFF'FFFF, 5, 128}};
  EXPECT_EQ(Must(DecodeRuns(format::Pairs(runs), 7, 1ull << 60, Holes::kRefused)), runs);
}

TEST(DecodeRuns, RefusesWhatCannotBe) {
  const auto why = [](const ByteVector& pairs) { return Why(DecodeRuns(pairs, 0, kClusters, Holes::kRefused)); };
  EXPECT_THAT(why({0x01, 5, 0}), HasSubstr("hole"));
  EXPECT_THAT(why({0x10, 5, 0}), HasSubstr("without a length"));
  EXPECT_THAT(why({0x19, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0}), HasSubstr("without a length"));
  EXPECT_THAT(why({0x21, 5, 0}), HasSubstr("outside its attribute"));
  EXPECT_THAT(why({0x11, 5, 9}), HasSubstr("no end"));
  EXPECT_THAT(why({}), HasSubstr("no end"));
  EXPECT_THAT(why({0x11, 0, 9, 0}), HasSubstr("cannot be"));
  EXPECT_THAT(why({0x11, 0x80, 9, 0}), HasSubstr("cannot be"));
  EXPECT_THAT(why({0x11, 1, 0xFF, 0}), HasSubstr("outside the volume"));
  EXPECT_THAT(why(format::Pairs({{0, 999, 2}})), HasSubstr("outside the volume"));
  EXPECT_EQ(why(format::Pairs({{0, 998, 2}})), "");
  // 2^63 - 1, and one more.
  EXPECT_THAT(Why(DecodeRuns(ByteVector{0x81, 1, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 0x11, 1, 1, 0}, 0,
                             ~0ull, Holes::kRefused)),
              HasSubstr("cannot be"));
  EXPECT_THAT(Why(DecodeRuns(ByteVector{0x11, 1, 1, 0}, (1ull << 63) - 1, kClusters, Holes::kRefused)),
              HasSubstr("cannot be"));
}

TEST(RunList, PutsThePartsTogether) {
  RunList list(kClusters, Holes::kRefused);
  Must(Append(list, Part({{0, 10, 2}, {2, 30, 2}})));
  Must(Append(list, Part({{4, 20, 1}})));
  EXPECT_EQ(list.Clusters(), 5u);
  EXPECT_EQ(*list.Find(0), (Extent{0, 10, 2}));
  EXPECT_EQ(*list.Find(1), (Extent{0, 10, 2}));
  EXPECT_EQ(*list.Find(3), (Extent{2, 30, 2}));
  EXPECT_EQ(*list.Find(4), (Extent{4, 20, 1}));
  EXPECT_EQ(list.Find(5), nullptr);
  EXPECT_EQ(RunList(kClusters, Holes::kRefused).Find(0), nullptr);
  Must(list.CheckDisjoint());
}

TEST(RunList, RefusesAPartThatDoesNotFollow) {
  RunList list(kClusters, Holes::kRefused);
  EXPECT_EQ(Failure(Append(list, Part({{1, 10, 2}}))), ErrorKind::kCorrupt);
  Must(Append(list, Part({{0, 10, 2}})));
  EXPECT_EQ(Failure(Append(list, Part({{0, 10, 2}}))), ErrorKind::kCorrupt);
  EXPECT_EQ(Failure(Append(list, Part({{3, 10, 2}}))), ErrorKind::kCorrupt);
  EXPECT_EQ(list.Clusters(), 2u);
}

TEST(RunList, RefusesAnotherLengthThanTheHeaderSays) {
  RunList list(kClusters, Holes::kRefused);
  ByteVector part = Part({{0, 10, 2}});
  format::Put64(part, 24, 5);
  EXPECT_THAT(Why(Append(list, part)), HasSubstr("another length"));
}

TEST(RunList, RefusesHolesAndCompression) {
  RunList list(kClusters, Holes::kRefused);
  EXPECT_THAT(Why(Append(list, Part({{0, 10, 2}}, 0, 0x8000))), HasSubstr("sparse"));
  EXPECT_THAT(Why(Append(list, Part({{0, 10, 2}}, 0, 0x0001))), HasSubstr("compressed"));
  const ByteVector resident = format::Resident(AttributeType::kData, {1, 2, 3});
  EXPECT_EQ(Failure(Append(list, resident)), ErrorKind::kCorrupt);
}

TEST(RunList, ReadsHolesWhereTheyAreAllowed) {
  RunList list(kClusters, Holes::kAllowed);
  ByteVector part = Part({{0, 10, 2}, {2, 20, 5}, {7, 10, 1}}, 0, 0x8000);
  // The middle run loses its place, and the last is counted from the first.
  const ByteVector pairs{0x11, 2, 10, 0x01, 5, 0x11, 1, 20, 0};
  std::ranges::copy(pairs, part.begin() + LoadU16(part.data() + 32));
  Must(Append(list, part));
  EXPECT_EQ(list.Runs(), (std::vector<Extent>{{0, 10, 2}, {2, Extent::kHole, 5}, {7, 30, 1}}));
  Must(list.CheckDisjoint());
  EXPECT_THAT(Why(Append(list, Part({{8, 10, 2}}, 0, 0x0001))), HasSubstr("compressed"));
}

TEST(RunList, NoticesASharedCluster) {
  RunList list(kClusters, Holes::kRefused);
  Must(Append(list, Part({{0, 10, 3}, {3, 12, 2}})));
  EXPECT_THAT(Why(list.CheckDisjoint()), HasSubstr("share"));
}

class StreamTest : public testing::Test {
 protected:
  StreamTest() : device_(ByteVector(100 * 512)), stream_(device_, Shape()) {
    for (std::size_t i = 0; i < device_.bytes.size(); ++i) device_.bytes[i] = static_cast<std::uint8_t>(i / 512);
  }
  static BootSector Shape() {
    BootSector boot;
    boot.cluster_bytes = 512;
    boot.clusters = 100;
    return boot;
  }
  Expected<void> Append(const ByteVector& part) { return stream_.Append(AttributeView(part.data())); }

  MemoryDevice device_;
  Stream stream_;
};

TEST_F(StreamTest, ReadsAcrossRuns) {
  Must(Append(Part({{0, 10, 2}, {2, 5, 1}}, 3 * 512)));
  Must(stream_.CheckWhole());
  ByteVector bytes(3);
  Must(stream_.Read(1022, bytes));
  EXPECT_THAT(bytes, ElementsAre(11, 11, 5));
}

TEST_F(StreamTest, GivesZerosBehindWhatWasWritten) {
  ByteVector part = Part({{0, 10, 2}}, 1024);
  format::Put64(part, 56, 600);
  Must(Append(part));
  ByteVector bytes(4, 0xEE);
  Must(stream_.Read(598, bytes));
  EXPECT_THAT(bytes, ElementsAre(11, 11, 0, 0));
  Must(stream_.Read(1020, bytes));
  EXPECT_THAT(bytes, testing::Each(0));
}

TEST_F(StreamTest, EndsWhereItsSizeSays) {
  Must(Append(Part({{0, 10, 2}}, 1000)));
  ByteVector bytes(2);
  EXPECT_TRUE(stream_.Read(998, bytes));
  EXPECT_EQ(Failure(stream_.Read(999, bytes)), ErrorKind::kInvalid);
  EXPECT_EQ(Failure(stream_.Read(~0ull, bytes)), ErrorKind::kInvalid);
}

TEST_F(StreamTest, GivesZerosInAHole) {
  Stream stream(device_, Shape(), Holes::kAllowed);
  ByteVector part = Part({{0, 10, 1}, {1, 20, 2}, {3, 10, 1}}, 2048, 0x8000);
  std::ranges::copy(ByteVector{0x11, 1, 10, 0x01, 2, 0x11, 1, 1, 0}, part.begin() + LoadU16(part.data() + 32));
  Must(stream.Append(AttributeView(part.data())));
  Must(stream.CheckWhole());
  ByteVector bytes(1026);
  Must(stream.Read(511, bytes));
  EXPECT_EQ(bytes.front(), 10);
  EXPECT_THAT(Bytes(bytes).subspan(1, 1024), testing::Each(0));
  EXPECT_EQ(bytes.back(), 11);
  EXPECT_EQ(stream.NextData(511), 511u);
  EXPECT_EQ(stream.NextData(512), 1536u);
  EXPECT_EQ(stream.NextData(2048), 2048u);
}

TEST_F(StreamTest, RefusesAHoleBehindWhichOffsetsWouldWrap) {
  Stream stream(device_, Shape(), Holes::kAllowed);
  ByteVector part = Part({{0, 10, 1ull << 55}}, 1, 0x8000);
  std::ranges::copy(ByteVector{0x08, 0, 0, 0, 0, 0, 0, 0x80, 0, 0}, part.begin() + LoadU16(part.data() + 32));
  EXPECT_EQ(Failure(stream.Append(AttributeView(part.data()))), ErrorKind::kCorrupt);
  EXPECT_EQ(Failure(Append(Part({{0, 10, 2}}, 1ull << 63))), ErrorKind::kCorrupt);
}

TEST_F(StreamTest, MissesAPartThatHasNoPlace) {
  Must(Append(Part({{0, 10, 2}}, 1025)));
  EXPECT_EQ(Failure(stream_.CheckWhole()), ErrorKind::kCorrupt);
  ByteVector bytes(2);
  EXPECT_EQ(Failure(stream_.Read(1023, bytes)), ErrorKind::kCorrupt);
}

TEST_F(StreamTest, RefusesMoreWrittenThanThereIs) {
  ByteVector part = Part({{0, 10, 2}}, 1000);
  format::Put64(part, 56, 1001);
  EXPECT_EQ(Failure(Append(part)), ErrorKind::kCorrupt);
}

}  // namespace
}  // namespace acledger::scanner::ntfs
