// SPDX-License-Identifier: MIT
#include "scanner/ntfs3g/mft_record.h"

#include <gmock/gmock.h>

#include <random>

#include "scanner/ntfs3g/bytes.h"
#include "tests/ntfs/test_image.h"

namespace acledger::scanner::ntfs3g {
namespace {

using Bytes = std::vector<std::uint8_t>;

void AppendAttribute(Bytes& record, AttributeType type, const Bytes& value) {
  Bytes attribute(24);
  Store<std::uint32_t>(attribute, 0, static_cast<std::uint32_t>(type));
  Store<std::uint32_t>(attribute, 16, static_cast<std::uint32_t>(value.size()));
  Store<std::uint16_t>(attribute, 20, 24);
  attribute.insert(attribute.end(), value.begin(), value.end());
  attribute.resize((attribute.size() + 7) / 8 * 8);
  Store<std::uint32_t>(attribute, 4, static_cast<std::uint32_t>(attribute.size()));
  record.insert(record.end(), attribute.begin(), attribute.end());
}

Bytes FileName(std::u16string_view name, std::uint8_t name_space) {
  Bytes value(66 + 2 * name.size());
  Store<std::uint64_t>(value, 0, 0x0005000000000005);
  value[64] = static_cast<std::uint8_t>(name.size());
  value[65] = name_space;
  for (std::size_t i = 0; i < name.size(); ++i) Store<std::uint16_t>(value, 66 + 2 * i, name[i]);
  return value;
}

// A file with security_id 300, one name and a short name.
Bytes Record(std::size_t standard_information = 72) {
  Bytes record(56);
  record[0] = 'F', record[1] = 'I', record[2] = 'L', record[3] = 'E';
  Store<std::uint16_t>(record, 16, 7);
  Store<std::uint16_t>(record, 18, 2);
  Store<std::uint16_t>(record, 20, 56);
  Store<std::uint16_t>(record, 22, 1);
  Bytes information(standard_information);
  Store<std::uint32_t>(information, 32, 0x20);
  if (standard_information >= 72) Store<std::uint32_t>(information, 52, 300);
  AppendAttribute(record, AttributeType::kStandardInformation, information);
  AppendAttribute(record, AttributeType::kFileName, FileName(u"long name", 1));
  AppendAttribute(record, AttributeType::kFileName, FileName(u"LONG~1", 2));
  record.resize(record.size() + 8, 0xFF);
  Store<std::uint32_t>(record, 24, static_cast<std::uint32_t>(record.size()));
  return record;
}

TEST(MftRecord, TellsWhatIsInIt) {
  Bytes bytes = Record();
  const auto record = MftRecord::Parse(bytes);
  ASSERT_TRUE(record);
  EXPECT_TRUE(record->IsInUse());
  EXPECT_FALSE(record->IsFolder());
  EXPECT_EQ(record->SequenceNumber(), 7);
  EXPECT_EQ(record->LinkCount(), 2);
  EXPECT_EQ(record->FileAttributes(), 0x20u);
  EXPECT_EQ(record->SecurityId(), 300u);
  std::vector<std::u16string> names;
  record->ForEach(AttributeType::kFileName, [&](auto value) { names.push_back(FileNameView::Parse(value)->Name()); });
  EXPECT_THAT(names, testing::ElementsAre(u"long name", u"LONG~1"));
}

TEST(MftRecord, ChangesTheSecurityIdAndNothingElse) {
  Bytes bytes = Record();
  const Bytes before = bytes;
  auto record = MftRecord::Parse(bytes);
  record->SetSecurityId(0xAABBCCDD);
  EXPECT_EQ(record->SecurityId(), 0xAABBCCDDu);
  std::size_t changed = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) changed += bytes[i] != before[i];
  EXPECT_EQ(changed, 4u);
}

TEST(MftRecord, HasNoSecurityIdInTheOldForm) {
  Bytes bytes = Record(48);
  EXPECT_EQ(MftRecord::Parse(bytes)->SecurityId(), std::nullopt);
}

TEST(MftRecord, RefusesWhatIsNoRecord) {
  Bytes bytes = Record();
  bytes[0] = 'B';
  EXPECT_EQ(Failure(MftRecord::Parse(bytes)), ErrorKind::kCorrupt);
  Bytes none;
  EXPECT_EQ(Failure(MftRecord::Parse(none)), ErrorKind::kCorrupt);
}

TEST(MftRecord, RefusesASizeInUsePastItsEnd) {
  Bytes bytes = Record();
  Store<std::uint32_t>(bytes, 24, static_cast<std::uint32_t>(bytes.size() + 8));
  EXPECT_EQ(Failure(MftRecord::Parse(bytes)), ErrorKind::kCorrupt);
}

TEST(MftRecord, RefusesAnAttributeThatRunsPastTheEnd) {
  Bytes bytes = Record();
  Store<std::uint32_t>(bytes, 56 + 4, 4096);
  EXPECT_EQ(Failure(MftRecord::Parse(bytes)), ErrorKind::kCorrupt);
}

TEST(MftRecord, RefusesAValueThatRunsPastItsAttribute) {
  Bytes bytes = Record();
  Store<std::uint32_t>(bytes, 56 + 16, 90);
  EXPECT_EQ(Failure(MftRecord::Parse(bytes)), ErrorKind::kCorrupt);
}

// The sanitizers watch.
TEST(MftRecord, StandsAnyDamage) {
  std::mt19937 random(3);
  unsigned parsed = 0;
  for (int round = 0; round < 50'000; ++round) {
    Bytes bytes = Record();
    for (unsigned change = random() % 4; change-- > 0;)
      bytes[random() % bytes.size()] = static_cast<std::uint8_t>(random());
    bytes.resize(random() % 4 == 0 ? random() % bytes.size() : bytes.size());
    const auto record = MftRecord::Parse(bytes);
    if (!record) continue;
    ++parsed;
    (void)record->ReparseTag();
    record->ForEach(AttributeType::kFileName, [](auto value) {
      if (const auto name = FileNameView::Parse(value)) (void)name->Name();
    });
  }
  EXPECT_GT(parsed, 10'000u);
}

TEST(FileNameView, RefusesANameThatRunsPastItsEnd) {
  Bytes value = FileName(u"name", 1);
  value[64] = 5;
  EXPECT_FALSE(FileNameView::Parse(value));
  EXPECT_FALSE(FileNameView::Parse(std::span(value).first(65)));
}

}  // namespace
}  // namespace acledger::scanner::ntfs3g
