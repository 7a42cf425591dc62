// SPDX-License-Identifier: MIT
#include "scanner/usn_record.h"

#include <gmock/gmock.h>

#include <random>

#include "scanner/notify_records.h"
#include "tests/scanner/usn_bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace acledger::scanner {
namespace {

using testing::ElementsAre;
using Bytes = std::vector<std::uint8_t>;

const UsnRecord kOne{{0x0005000000001234, 0}, {0x0001000000000005, 0}, 4096, kUsnFileCreate, 0x20, u"a.txt"};
const UsnRecord kOther{{7, 9}, {8, 10}, 4200, kUsnSecurityChange, 0x10, u"f\xD800o"};

Bytes Buffer(std::initializer_list<Bytes> records) {
  Bytes bytes;
  PutLittle(bytes, 5000, 8);
  for (const Bytes& record : records) bytes.insert(bytes.end(), record.begin(), record.end());
  return bytes;
}

TEST(UsnRecordTest, ReadsBothVersionsAndWhereToGoOn) {
  UsnRecord narrow = kOther;
  narrow.file.high = narrow.parent.high = 0;
  const auto read = ReadUsnBuffer(Buffer({UsnBytes(kOne, 2), UsnBytes(kOther, 3), UsnBytes(narrow, 2)}));
  ASSERT_TRUE(read) << read.error().ToString();
  EXPECT_EQ(read->next, 5000);
  EXPECT_THAT(read->records, ElementsAre(kOne, kOther, narrow));
}

TEST(UsnRecordTest, PassesOverRecordsThatItDoesNotKnow) {
  const auto read = ReadUsnBuffer(Buffer({UsnBytes(kOne, 4), UsnBytes(kOne, 2), UsnBytes(kOne, 999)}));
  ASSERT_TRUE(read);
  EXPECT_THAT(read->records, ElementsAre(kOne));
  EXPECT_EQ(read->unknown, 1u);  // Of 999; V4 never tells of what matters here.
}

TEST(UsnRecordTest, ReadsABufferWithoutRecords) {
  const auto read = ReadUsnBuffer(Buffer({}));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->next, 5000);
  EXPECT_TRUE(read->records.empty());
}

TEST(UsnRecordTest, RefusesABufferThatIsCutOffAnywhere) {
  const Bytes whole = Buffer({UsnBytes(kOne, 2), UsnBytes(kOther, 3)});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const bool between_records = size == 8 || size == 8 + UsnBytes(kOne, 2).size();
    const Bytes part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_EQ(ReadUsnBuffer(part).has_value(), between_records) << size;
  }
}

TEST(UsnRecordTest, RefusesLengthsThatLeadNowhere) {
  for (const std::uint32_t length : {0u, 4u, 7u, 9u, 56u, 0xFFFFFFF8u, 0x80000000u}) {
    Bytes record = UsnBytes(kOne, 2);
    for (int i = 0; i < 4; ++i) record[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(length >> (8 * i));
    EXPECT_FALSE(ReadUsnBuffer(Buffer({record}))) << length;
  }
}

TEST(UsnRecordTest, RefusesANameOutsideOfItsRecord) {
  for (const auto& [at, value] : {std::pair{56, 0xFE}, {57, 0x01}, {58, 0xFF}, {58, 0x04}, {56, 0x03}}) {
    Bytes record = UsnBytes(kOne, 2);
    record[static_cast<std::size_t>(at)] = static_cast<std::uint8_t>(value);
    EXPECT_FALSE(ReadUsnBuffer(Buffer({record}))) << at;
  }
}

TEST(UsnRecordTest, ReadsNothingOutsideOfDamagedBuffers) {
  std::mt19937 random(11);
  const Bytes whole = Buffer({UsnBytes(kOne, 2), UsnBytes(kOther, 3), UsnBytes(kOne, 4)});
  for (int round = 0; round < 20'000; ++round) {
    Bytes bytes = whole;
    for (auto left = random() % 6; left > 0; --left)
      bytes[random() % bytes.size()] = static_cast<std::uint8_t>(random());
    bytes.resize(random() % 4 == 0 ? random() % bytes.size() : bytes.size());
    // A buffer of exactly that size, so that AddressSanitizer sees a read behind its end.
    const std::unique_ptr<std::uint8_t[]> exact(new std::uint8_t[bytes.size()]);
    std::ranges::copy(bytes, exact.get());
    EXPECT_EQ(LLVMFuzzerTestOneInput(exact.get(), bytes.size()), 0);
  }
}

Bytes Notify(std::initializer_list<std::u16string> names) {
  Bytes bytes;
  std::size_t left = names.size();
  for (const std::u16string& name : names) {
    const std::size_t size = (12 + 2 * name.size() + 3) / 4 * 4;
    const std::size_t begin = bytes.size();
    PutLittle(bytes, --left > 0 ? size : 0, 4);
    PutLittle(bytes, 1, 4);
    PutLittle(bytes, 2 * name.size(), 4);
    for (const char16_t unit : name) PutLittle(bytes, unit, 2);
    bytes.resize(begin + size);
  }
  return bytes;
}

TEST(NotifyRecordsTest, TellTheNames) {
  const auto names = NamesInNotifyBuffer(Notify({u"a\\b", u"odd", u"x"}));
  ASSERT_TRUE(names);
  EXPECT_THAT(*names, ElementsAre(u"a\\b", u"odd", u"x"));
}

TEST(NotifyRecordsTest, AreRefusedWhereTheyLieOutsideOfTheBuffer) {
  Bytes long_name = Notify({u"abc"});
  long_name[8] = 100;
  EXPECT_FALSE(NamesInNotifyBuffer(long_name));
  Bytes far_next = Notify({u"abc", u"d"});
  far_next[1] = 1;
  EXPECT_FALSE(NamesInNotifyBuffer(far_next));
  Bytes ring = Notify({u"abc", u"d"});
  ring[0] = 4;
  EXPECT_FALSE(NamesInNotifyBuffer(ring));
  EXPECT_FALSE(NamesInNotifyBuffer({}));
}

}  // namespace
}  // namespace acledger::scanner
