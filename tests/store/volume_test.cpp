// SPDX-License-Identifier: MIT
#include <random>

#include "store/schema.h"
#include "store/volume_page.h"
#include "tests/store/ledger_fixture.h"

namespace acledger::store {
namespace {

using testing::ElementsAre;

constexpr std::uint64_t IdOf(std::uint64_t number, std::uint64_t sequence = 1) { return number | sequence << 48; }

IndexedObject MakeObject(std::uint64_t number, std::int64_t descriptor = 7) {
  IndexedObject object;
  object.id = IdOf(number, number % 300 + 1);
  object.attributes = 0x20;
  object.descriptor = descriptor;
  return object;
}

// Objects of every kind: folders, tags, unsure names, several names and none, all widths of numbers.
struct Sample {
  std::vector<IndexedObject> objects;
  std::vector<std::vector<IndexedName>> names;
};
Sample RandomSample(std::uint32_t page, unsigned seed) {
  static constexpr std::array<std::string_view, 5> kTexts{"a", "index.js", "\xC3\x84rger", "\xED\xA0\x80",
                                                          "a long name.d.ts"};
  std::mt19937_64 random(seed);
  Sample sample;
  for (std::uint64_t i = 0; i < kObjectsAPage; i += 1 + random() % 3) {
    IndexedObject object;
    object.id = IdOf(std::uint64_t{page} * kObjectsAPage + i, random() % 0x10000);
    object.attributes = static_cast<std::uint32_t>(random() >> (random() % 64));
    object.reparse_tag = random() % 8 == 0 ? 0xA000000Cu : 0;
    object.descriptor = static_cast<std::int64_t>(random() >> (1 + random() % 63));
    object.is_folder = random() % 4 == 0;
    object.names_are_sure = random() % 9 != 0;
    std::vector<IndexedName> names(random() % 9 == 0 ? random() % 4 : 1);
    for (IndexedName& name : names)
      name = {IdOf(random() >> (16 + random() % 48), random() % 0x10000), kTexts[random() % kTexts.size()]};
    sample.objects.push_back(object);
    sample.names.push_back(std::move(names));
  }
  return sample;
}
void Write(const Sample& sample, std::uint32_t page, VolumePageWriter& to) {
  to.Begin(page);
  for (std::size_t i = 0; i < sample.objects.size(); ++i) to.Add(sample.objects[i], sample.names[i]);
}
VolumePageWriter OnePage(std::uint32_t page, const std::vector<std::string_view>& names) {
  VolumePageWriter writer;
  writer.Begin(page);
  std::uint64_t number = std::uint64_t{page} * kObjectsAPage;
  for (const std::string_view name : names) {
    const IndexedName one{IdOf(5, 5), name};
    writer.Add(MakeObject(number++), {&one, 1});
  }
  return writer;
}

TEST(VolumePage, ComesBackAsItWas) {
  for (unsigned seed = 0; seed < 50; ++seed) {
    const std::uint32_t page = seed * 83'000;
    const Sample sample = RandomSample(page, seed);
    VolumePageWriter writer;
    Write(sample, page, writer);
    const VolumePage read = Take(VolumePage::Decode(page, writer.Names(), writer.Facts()));
    ASSERT_EQ(read.Entries().size(), sample.objects.size());
    for (std::size_t i = 0; i < sample.objects.size(); ++i) {
      const VolumePage::Entry& entry = read.Entries()[i];
      ASSERT_EQ(entry.object, sample.objects[i]);
      ASSERT_TRUE(std::ranges::equal(read.NamesOf(entry), sample.names[i]));
      ASSERT_EQ(read.Find(entry.object.Number()), &entry);
      for (std::uint32_t name = 0; name < entry.names; ++name)
        ASSERT_EQ(&read.OwnerOf(entry.first_name + name), &entry);
    }
  }
}

TEST(VolumePage, OfNothingIsEmpty) {
  VolumePageWriter writer;
  writer.Begin(3);
  EXPECT_TRUE(writer.IsEmpty());
  EXPECT_TRUE(Take(VolumePage::Decode(3, {}, {})).Entries().empty());
}

TEST(VolumePage, RefusesOrReadsAnyBytesAndSaysWhichPage) {
  std::mt19937 random(3);
  VolumePageWriter writer;
  Write(RandomSample(2, 1), 2, writer);
  unsigned refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::vector<std::uint8_t> names(writer.Names().begin(), writer.Names().end());
    std::vector<std::uint8_t> facts(writer.Facts().begin(), writer.Facts().end());
    std::vector<std::uint8_t>& which = random() % 3 == 0 ? names : facts;
    if (random() % 4 == 0) which.resize(random() % which.size());
    if (!which.empty()) which[random() % which.size()] ^= static_cast<std::uint8_t>(1u << random() % 8);
    const auto read = VolumePage::Decode(2, names, facts);
    if (!read) {
      ++refused;
      ASSERT_THAT(read, FailsWith(ErrorKind::kCorrupt, "page 2"));
      continue;
    }
    VolumePageWriter again;
    again.Begin(2);
    for (const VolumePage::Entry& entry : read->Entries()) {
      ASSERT_EQ(entry.object.Number() / kObjectsAPage, 2u);
      again.Add(entry.object, read->NamesOf(entry));
    }
    ASSERT_TRUE(std::ranges::equal(again.Names(), names));
    ASSERT_TRUE(std::ranges::equal(again.Facts(), facts));
  }
  EXPECT_GT(refused, 5'000u);
}

class VolumeIndexTest : public LedgerTest {
 protected:
  static std::vector<std::uint32_t> PagesOf(Ledger& ledger) {
    std::vector<std::uint32_t> pages;
    Take(ledger.ScanVolumeNames([&](std::uint32_t page, std::string_view) -> Expected<bool> {
      pages.push_back(page);
      return true;
    }));
    return pages;
  }
};

TEST_F(VolumeIndexTest, IsNotThereUntilItIsMade) {
  const auto ledger = Open();
  EXPECT_FALSE(Take(ledger->GetVolumeIndex()));
  EXPECT_EQ(Take(ledger->VolumePagesEnd()), 0u);
  EXPECT_FALSE(Take(ledger->ReadVolumePage(0)));
}

TEST_F(VolumeIndexTest, TellsWhatItHoldsAndWhatItTakes) {
  const auto ledger = Open();
  const VolumePageWriter page = OnePage(0, {"x", "yy"});
  Take(ledger->PutVolumePage(page));
  VolumeIndex made;
  made.read_at = 99, made.objects = 2, made.names = 2, made.damaged = 1;
  Take(ledger->SetVolumeIndex(made));
  const auto index = Take(Open(Reader())->GetVolumeIndex());
  ASSERT_TRUE(index);
  EXPECT_EQ(index->serial, kSerial);
  EXPECT_EQ(index->read_at, 99);
  EXPECT_EQ(index->objects, 2u);
  EXPECT_EQ(index->damaged, 1u);
  EXPECT_EQ(index->pages, 1u);
  EXPECT_EQ(index->bytes, page.Names().size() + page.Facts().size());
}

TEST_F(VolumeIndexTest, WritesOnlyWhatDiffers) {
  const auto ledger = Open();
  EXPECT_TRUE(Take(ledger->PutVolumePage(OnePage(4, {"x", "y"}))));
  const auto before = Take(ledger->Stats()).rows_written;
  EXPECT_FALSE(Take(ledger->PutVolumePage(OnePage(4, {"x", "y"}))));
  EXPECT_EQ(Take(ledger->Stats()).rows_written, before);
  EXPECT_TRUE(Take(ledger->PutVolumePage(OnePage(4, {"x", "z"}))));
  EXPECT_EQ(Take(ledger->ReadVolumePage(4))->Name(1).text, "z");
}

TEST_F(VolumeIndexTest, DropsAPageThatBecameEmpty) {
  const auto ledger = Open();
  for (const std::uint32_t page : {1u, 2u, 9u}) Take(ledger->PutVolumePage(OnePage(page, {"x"})));
  EXPECT_TRUE(Take(ledger->PutVolumePage(OnePage(1, {}))));
  EXPECT_FALSE(Take(ledger->PutVolumePage(OnePage(1, {}))));
  EXPECT_THAT(PagesOf(*ledger), ElementsAre(2, 9));
  EXPECT_EQ(Take(ledger->VolumePagesEnd()), 10u);
  EXPECT_EQ(Take(ledger->DropVolumePages(3, 100)), 1u);
  EXPECT_THAT(PagesOf(*ledger), ElementsAre(2));
}

TEST_F(VolumeIndexTest, SaysWhichPageIsDamagedAndGoesOn) {
  {
    const auto ledger = Open();
    for (const std::uint32_t page : {1u, 2u, 3u}) Take(ledger->PutVolumePage(OnePage(page, {"x", "y"})));
  }
  RunSql("ledger.db", "UPDATE volume_page SET names = x'79FF78FF' WHERE number = 2");
  const auto ledger = Open();
  EXPECT_THAT(ledger->ReadVolumePage(2), FailsWith(ErrorKind::kCorrupt, "page 2"));
  EXPECT_TRUE(Take(ledger->ReadVolumePage(3)));
  EXPECT_THAT(ledger->ScanVolumeNames([](std::uint32_t, std::string_view) -> Expected<bool> { return true; }),
              FailsWith(ErrorKind::kCorrupt, "page 2"));
  // Putting the right one there mends it, and the ledger was never taken for a damaged one.
  EXPECT_TRUE(Take(ledger->PutVolumePage(OnePage(2, {"x", "y"}))));
  EXPECT_EQ(Take(ledger->ReadVolumePage(2))->Name(0).text, "x");
  EXPECT_FALSE(std::filesystem::exists(PathTo("ledger.db.damaged")));
}

TEST_F(VolumeIndexTest, TakesNoPageForAnother) {
  {
    const auto ledger = Open();
    for (const std::uint32_t page : {1u, 2u}) Take(ledger->PutVolumePage(OnePage(page, {"x"})));
  }
  RunSql("ledger.db", "DELETE FROM volume_page WHERE number = 2; UPDATE volume_page SET number = 2");
  EXPECT_THAT(Open()->ReadVolumePage(2), FailsWith(ErrorKind::kCorrupt, "page 2"));
}

TEST_F(VolumeIndexTest, RefusesAPageWhoseNumberCannotBe) {
  Take(Open()->PutVolumePage(OnePage(5, {"x", "y"})));
  for (const char* number : {"5 - 4294967296", "5 + 4294967296"}) {
    RunSql("ledger.db", std::string("UPDATE volume_page SET number = ") + number);
    const auto ledger = Open();
    EXPECT_THAT(ledger->ScanVolumeNames([](std::uint32_t, std::string_view) -> Expected<bool> { return true; }),
                FailsWith(ErrorKind::kCorrupt));
    EXPECT_THAT(ledger->VolumePagesEnd(), FailsWith(ErrorKind::kCorrupt));
  }
}

TEST_F(VolumeIndexTest, NoticesEveryByteThatChanged) {
  const VolumePageWriter page = OnePage(1, {"name", "other"});
  Take(Open()->PutVolumePage(page));
  for (const auto& [column, size] :
       {std::pair("names", page.Names().size()), std::pair("facts", page.Facts().size())}) {
    for (std::size_t at = 0; at < size; ++at) {
      Take(Open()->PutVolumePage(page));
      const std::string where = std::to_string(at + 1);
      RunSql("ledger.db", std::string("UPDATE volume_page SET ") + column + " = CAST(substr(" + column + ", 1, " +
                              std::to_string(at) + ") || x'41' || substr(" + column + ", " + std::to_string(at + 2) +
                              ") AS BLOB)");
      ASSERT_THAT(Open()->ReadVolumePage(1), FailsWith(ErrorKind::kCorrupt)) << column << where;
    }
  }
}

TEST_F(VolumeIndexTest, ComesIntoALedgerOfTheVersionBefore) {
  {
    auto database = Take(sqlite::Database::Open(path_, sqlite::OpenMode::kCreate));
    Take(Migrate(*database, Migrations().first(5)));
  }
  RunSql("ledger.db", "INSERT INTO volume(id, serial, name) VALUES(1, " + std::to_string(kSerial) + ", 'test.img')");
  const auto ledger = Open();
  EXPECT_EQ(ledger->Outcome(), OpenOutcome::kMigrated);
  EXPECT_TRUE(Take(ledger->PutVolumePage(OnePage(0, {"x"}))));
}

}  // namespace
}  // namespace acledger::store
