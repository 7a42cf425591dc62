// SPDX-License-Identifier: MIT
#include "store/content_hash.h"
#include "tests/store/ledger_fixture.h"

namespace acledger::store {
namespace {

security::Bytes BytesOf(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// From the reference implementation (python3-xxhash 3.2.0, xxh64_intdigest with seed 0).
TEST(ContentHash, AgreesWithTheReference) {
  EXPECT_EQ(ContentHash({}), 0xEF46DB3751D8E999u);
  EXPECT_EQ(ContentHash(BytesOf("a")), 0xD24EC4F1A98C6E5Bu);
  EXPECT_EQ(ContentHash(BytesOf("abc")), 0x44BC2CF5AD770999u);
  EXPECT_EQ(ContentHash(BytesOf("Nobody inspects the spammish repetition")), 0xFBCEA83C8A378BF1u);
}

TEST(ContentHash, SeesEveryFlippedBit) {
  auto bytes = SomeBytes(77, 5);  // Stripes, words, a half word and single bytes.
  const std::uint64_t whole = ContentHash(bytes);
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    const auto mask = static_cast<std::uint8_t>(1u << (bit % 8));
    bytes[bit / 8] ^= mask;
    EXPECT_NE(ContentHash(bytes), whole) << "bit " << bit;
    bytes[bit / 8] ^= mask;
  }
}

class Descriptors : public LedgerTest {};

TEST_F(Descriptors, AreKeptOnceByContent) {
  auto ledger = Open();
  const DescriptorId first = Take(ledger->Intern(SomeBytes(200, 1)));
  const DescriptorId second = Take(ledger->Intern(SomeBytes(200, 2)));
  EXPECT_NE(first, second);
  EXPECT_EQ(Take(ledger->Intern(SomeBytes(200, 1))), first);
  ledger.reset();
  EXPECT_EQ(Take(Open()->Intern(SomeBytes(200, 2))), second);
}

TEST_F(Descriptors, ComeBackToTheByte) {
  std::vector<DescriptorId> ids;
  {
    auto ledger = Open();
    for (const std::size_t size : {0u, 1u, 20u, 65535u, 200000u}) {
      ids.push_back(Take(ledger->Intern(SomeBytes(size, 3))));
      EXPECT_EQ(Take(ledger->Descriptor(ids.back())), SomeBytes(size, 3));
    }
  }
  auto ledger = Open();
  EXPECT_EQ(Take(ledger->Descriptor(ids[0])), SomeBytes(0, 3));
  EXPECT_EQ(Take(ledger->Descriptor(ids[3])), SomeBytes(65535, 3));
  EXPECT_EQ(Take(ledger->Descriptor(ids[4])), SomeBytes(200000, 3));
}

TEST_F(Descriptors, StayRightWhenTheyNoLongerFitTheCache) {
  auto ledger = Open();
  std::vector<DescriptorId> ids;
  Take(ledger->InTransaction([&]() -> Expected<void> {
    for (unsigned i = 0; i < 300; ++i) ids.push_back(Take(ledger->Intern(SomeBytes(60000, i))));
    return {};
  }));
  for (unsigned i = 0; i < 300; ++i) {
    EXPECT_EQ(Take(ledger->Intern(SomeBytes(60000, i))), ids[i]);
    EXPECT_EQ(Take(ledger->Descriptor(ids[i])), SomeBytes(60000, i));
  }
}

TEST_F(Descriptors, OfWhichABitFlippedAreRefused) {
  const DescriptorId id = Take(Open()->Intern(SomeBytes(100, 1)));
  auto flipped = SomeBytes(100, 1);
  flipped[50] ^= 4;
  std::string content = ReadFile("ledger.db");
  const auto original = SomeBytes(100, 1);
  const auto at = content.find(std::string(original.begin(), original.end()));
  ASSERT_NE(at, std::string::npos);
  content.replace(at, 100, std::string(flipped.begin(), flipped.end()));
  WriteFile("ledger.db", content);

  auto ledger = Open();
  EXPECT_THAT(ledger->Descriptor(id), FailsWith(ErrorKind::kCorrupt, "not the one that was stored"));
  EXPECT_NE(Take(ledger->Intern(original)), id);
  // One bad descriptor is that one's trouble: the ledger stays.
  ledger.reset();
  EXPECT_EQ(Open()->Outcome(), OpenOutcome::kOpened);
}

TEST_F(Descriptors, OfEqualHashAreToldApart) {
  const DescriptorId id = Take(Open()->Intern(SomeBytes(100, 1)));
  // Another content under the hash of the one that is asked for next: what a collision looks like.
  const auto hash = static_cast<std::int64_t>(ContentHash(SomeBytes(100, 2)));
  RunSql("ledger.db", "UPDATE descriptor SET hash = " + std::to_string(hash));
  auto ledger = Open();
  const DescriptorId other = Take(ledger->Intern(SomeBytes(100, 2)));
  EXPECT_NE(other, id);
  EXPECT_EQ(Take(ledger->Intern(SomeBytes(100, 2))), other);
  EXPECT_EQ(Take(ledger->Descriptor(other)), SomeBytes(100, 2));
}

TEST_F(Descriptors, SayThatOneIsNotThere) {
  EXPECT_THAT(Open()->Descriptor(3), FailsWith(ErrorKind::kNotFound, "no descriptor 3"));
}

}  // namespace
}  // namespace acledger::store
