// SPDX-License-Identifier: MIT
#include "scanner/ntfs/record.h"

#include <gmock/gmock.h>

#include <random>

#include "tests/scanner/ntfs/format.h"
#include "tests/scanner/ntfs/must.h"

namespace acledger::scanner::ntfs {
namespace {

using format::ByteVector;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::size_t kFirst = 56;  // Where the attributes begin.

std::vector<ByteVector> Attributes() {
  return {format::Resident(AttributeType::kStandardInformation, format::Information(0x20, 300)),
          format::Resident(AttributeType::kFileName, format::Name(FileReference::Of(5, 5), u"a name")),
          format::Resident(AttributeType::kData, ByteVector(700, 0xAB))};
}
ByteVector File() { return format::Record({.number = 40, .sequence = 9, .links = 2}, Attributes()); }

// What Parse() says after `change` was made below the fix-ups.
template <class Change>
std::string WhyNot(Change change) {
  ByteVector bytes = File();
  format::TakeFixupsOff(bytes);
  change(bytes);
  format::PutFixupsOn(bytes);
  return Why(RecordView::Parse(bytes, 40));
}

TEST(RecordView, TellsWhatIsInIt) {
  ByteVector bytes = File();
  const auto record = RecordView::Parse(bytes, 40);
  ASSERT_TRUE(record) << Why(record);
  EXPECT_TRUE(record->IsInUse());
  EXPECT_FALSE(record->IsFolder());
  EXPECT_FALSE(record->IsExtension());
  EXPECT_EQ(record->Sequence(), 9);
  EXPECT_EQ(record->LinkCount(), 2);
  std::vector<AttributeType> types;
  for (const AttributeView attribute : *record) types.push_back(attribute.Type());
  EXPECT_THAT(types, ElementsAre(AttributeType::kStandardInformation, AttributeType::kFileName, AttributeType::kData));
}

TEST(RecordView, PutsBackWhatTheFixupsReplaced) {
  ByteVector bytes = File();
  const auto record = RecordView::Parse(bytes, 40);
  ASSERT_TRUE(record);
  for (const AttributeView attribute : *record) {
    if (attribute.Type() != AttributeType::kData) continue;
    EXPECT_THAT(attribute.Value(), testing::Each(0xAB));
    EXPECT_EQ(attribute.Value().size(), 700u);
  }
}

TEST(RecordView, ReadsEverySizeOfRecords) {
  for (const std::size_t size : {512u, 1024u, 4096u, 65536u}) {
    ByteVector bytes = format::Record({.number = 3, .size = size}, {});
    EXPECT_TRUE(RecordView::Parse(bytes, 3)) << size;
  }
}

TEST(RecordView, DetectsATornWrite) {
  for (const std::size_t at : {510u, 511u, 1022u, 1023u}) {
    ByteVector bytes = File();
    bytes[at] ^= 1;
    EXPECT_THAT(Why(RecordView::Parse(bytes, 40)), HasSubstr("torn write")) << at;
  }
}

TEST(RecordView, KnowsItsNumber) {
  ByteVector bytes = File();
  const auto record = RecordView::Parse(bytes, 41);
  ASSERT_EQ(Failure(record), ErrorKind::kCorrupt);
  EXPECT_THAT(record.error().ToString(), HasSubstr("MFT record 41"));
}

TEST(RecordView, AsksNoNumberOfTheOldForm) {
  ByteVector bytes = File();
  format::TakeFixupsOff(bytes);
  format::Put16(bytes, 4, 42);
  format::Put16(bytes, 42, 3);
  for (const std::size_t sector : {1u, 2u}) {
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(512 * sector - 2), 2,
                bytes.begin() + static_cast<std::ptrdiff_t>(42 + 2 * sector));
    format::Put16(bytes, 512 * sector - 2, 3);
  }
  EXPECT_TRUE(RecordView::Parse(bytes, 1234));
}

TEST(RecordView, RefusesWhatCannotBe) {
  EXPECT_EQ(WhyNot([](ByteVector&) {}), "");
  EXPECT_THAT(WhyNot([](ByteVector& b) { b[0] = 'f'; }), HasSubstr("no FILE signature"));
  EXPECT_THAT(WhyNot([](ByteVector& b) { std::ranges::copy(std::string_view("BAAD"), b.begin()); }), HasSubstr("bad"));
  EXPECT_THAT(WhyNot([](ByteVector& b) { format::Put16(b, 6, 9); }), HasSubstr("another size"));
  EXPECT_THAT(WhyNot([](ByteVector& b) { format::Put16(b, 4, 508); }), HasSubstr("outside the header"));
  EXPECT_THAT(WhyNot([](ByteVector& b) { format::Put32(b, 24, 1032); }), HasSubstr("its size"));
  EXPECT_THAT(WhyNot([](ByteVector& b) { format::Put32(b, 28, 512); }), HasSubstr("its size"));
  EXPECT_THAT(WhyNot([](ByteVector& b) { format::Put16(b, 20, 1024); }), HasSubstr("begin outside"));
  EXPECT_THAT(WhyNot([](ByteVector& b) { format::Put16(b, 20, 40); }), HasSubstr("begin outside"));
  EXPECT_THAT(WhyNot([](ByteVector& b) { format::Put32(b, kFirst + 4, 0); }), HasSubstr("outside the record"));
  EXPECT_THAT(WhyNot([](ByteVector& b) { format::Put32(b, kFirst + 4, 97); }), HasSubstr("outside the record"));
  EXPECT_THAT(WhyNot([](ByteVector& b) { format::Put32(b, kFirst + 4, 0xFFFFFFF8); }), HasSubstr("outside the record"));
  EXPECT_THAT(WhyNot([](ByteVector& b) { format::Put32(b, kFirst, 0x90); }), HasSubstr("not in order"));
  EXPECT_THAT(WhyNot([](ByteVector& b) { format::Put32(b, kFirst, 0x11); }), HasSubstr("not in order"));
  EXPECT_THAT(WhyNot([](ByteVector& b) { format::Put32(b, kFirst + 16, 90); }), HasSubstr("outside of it"));
  EXPECT_THAT(WhyNot([](ByteVector& b) { format::Put16(b, kFirst + 20, 8); }), HasSubstr("outside of it"));
  EXPECT_THAT(WhyNot([](ByteVector& b) { b[kFirst + 8] = 2; }), HasSubstr("outside of it"));
  EXPECT_THAT(WhyNot([](ByteVector& b) { b[kFirst + 9] = 60; }), HasSubstr("outside of it"));
  EXPECT_THAT(WhyNot([](ByteVector& b) { format::Put32(b, 24, LoadU32(b.data() + 24) - 8); }), HasSubstr("no end"));
}

TEST(RecordView, RefusesANonResidentAttributeWithoutRoomForItsHeader) {
  ByteVector attribute = format::NonResident(AttributeType::kData, {.runs = {{0, 1, 1}}, .size = 10});
  format::Put16(attribute, 32, attribute.size() + 8);
  ByteVector bytes = format::Record({}, {attribute});
  EXPECT_THAT(Why(RecordView::Parse(bytes, 0)), HasSubstr("outside of it"));
}

TEST(RecordView, KnowsABlankOne) {
  EXPECT_TRUE(RecordView::IsBlank(ByteVector(1024)));
  ByteVector bytes(1024);
  bytes[1023] = 1;
  EXPECT_FALSE(RecordView::IsBlank(bytes));
}

// The sanitizers watch.
TEST(RecordView, StandsAnyDamage) {
  std::mt19937 random(4);
  unsigned parsed = 0;
  for (int round = 0; round < 100'000; ++round) {
    ByteVector bytes = File();
    for (unsigned change = random() % 4; change-- > 0;) bytes[random() % 200] = static_cast<std::uint8_t>(random());
    const auto record = RecordView::Parse(bytes, 40);
    if (!record) continue;
    ++parsed;
    std::size_t sum = 0;
    for (const AttributeView attribute : *record) {
      const Bytes value = attribute.IsResident() ? attribute.Value() : attribute.MappingPairs();
      for (const std::uint8_t byte : value) sum += byte;
      if (attribute.HasName()) sum += attribute.Name().size() + attribute.Name()[0];
    }
    EXPECT_LT(sum, std::size_t{1} << 20);
  }
  EXPECT_GT(parsed, 20'000u);
}

}  // namespace
}  // namespace acledger::scanner::ntfs
