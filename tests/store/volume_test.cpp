// SPDX-License-Identifier: MIT
#include <random>

#include "store/sqlite/database.h"
#include "store/sqlite/query.h"
#include "store/volume_page.h"
#include "store/volume_store.h"
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

class VolumeStoreTest : public LedgerTest {
 protected:
  std::unique_ptr<VolumeStore> OpenIndex(std::uint64_t serial = kSerial) const {
    return Take(VolumeStore::OpenToWrite(index_, serial));
  }
  Expected<std::unique_ptr<VolumeStore>> TryRead() const { return VolumeStore::OpenToRead(index_); }
  static std::vector<std::uint32_t> PagesOf(VolumeStore& store) {
    std::vector<std::uint32_t> pages;
    Take(store.ScanNames([&](std::uint32_t page, std::string_view) -> Expected<bool> {
      pages.push_back(page);
      return true;
    }));
    return pages;
  }
  // Several pages of every kind of table.
  void Fill(VolumeStore& store) const {
    Take(store.InTransaction([&]() -> Expected<void> {
      VolumePageWriter writer;
      for (std::uint32_t page = 0; page < 6; ++page) {
        Write(RandomSample(page, page), page, writer);
        Take(store.PutPage(writer));
      }
      for (unsigned seed = 0; seed < 60; ++seed) Take(store.Intern(SomeBytes(200, seed)));
      return store.SetIndex({.serial = kSerial, .name = "test.img", .read_at = 99, .objects = 2, .names = 3});
    }));
  }
  // Everything that can be asked; where an answer comes, it is the one that was stored.
  static void AskAll(VolumeStore& store) {
    (void)store.Index();
    (void)store.PagesEnd();
    (void)store.ScanNames([](std::uint32_t, std::string_view) -> Expected<bool> { return true; });
    VolumePageWriter writer;
    for (std::uint32_t page = 0; page < 6; ++page) {
      const auto read = store.ReadPage(page);
      if (!read || !*read) continue;
      const Sample sample = RandomSample(page, page);
      ASSERT_EQ((*read)->Entries().size(), sample.objects.size());
      for (std::size_t i = 0; i < sample.objects.size(); ++i)
        ASSERT_EQ((*read)->Entries()[i].object, sample.objects[i]);
    }
    for (unsigned seed = 0; seed < 60; ++seed) {
      const auto bytes = store.Descriptor(seed + 1);
      ASSERT_TRUE(!bytes || *bytes == SomeBytes(200, seed)) << seed;
    }
  }

  std::string index_ = IndexPath(path_);
};

TEST_F(VolumeStoreTest, IsNotThereUntilItIsMade) {
  EXPECT_THAT(TryRead(), FailsWith(ErrorKind::kNotFound, "no index was made"));
  const auto store = OpenIndex();
  EXPECT_FALSE(Take(store->Index()));
  EXPECT_EQ(Take(store->PagesEnd()), 0u);
  EXPECT_FALSE(Take(store->ReadPage(0)));
  EXPECT_EQ(store->Dropped(), "");
  EXPECT_FALSE(std::filesystem::exists(path_));  // It needs no ledger.
}

TEST_F(VolumeStoreTest, TellsWhatItHoldsAndWhatItTakes) {
  const auto store = OpenIndex();
  const VolumePageWriter page = OnePage(0, {"x", "yy"});
  Take(store->PutPage(page));
  Take(store->SetIndex({.serial = kSerial, .name = "C:", .read_at = 99, .objects = 2, .names = 2, .damaged = 1}));
  const auto index = Take(Take(TryRead())->Index());
  ASSERT_TRUE(index);
  EXPECT_EQ(index->serial, kSerial);
  EXPECT_EQ(index->name, "C:");
  EXPECT_EQ(index->read_at, 99);
  EXPECT_EQ(index->objects, 2u);
  EXPECT_EQ(index->damaged, 1u);
  EXPECT_EQ(index->pages, 1u);
  EXPECT_EQ(index->bytes, page.Names().size() + page.Facts().size());
}

TEST_F(VolumeStoreTest, WritesOnlyWhatDiffers) {
  const auto store = OpenIndex();
  const auto other = Take(sqlite::Database::Open(index_, sqlite::OpenMode::kReadOnly));
  const auto version = [&other] { return Take(other->Number("PRAGMA data_version")); };
  EXPECT_TRUE(Take(store->PutPage(OnePage(4, {"x", "y"}))));
  const auto before = version();
  EXPECT_FALSE(Take(store->PutPage(OnePage(4, {"x", "y"}))));
  EXPECT_EQ(version(), before);
  EXPECT_TRUE(Take(store->PutPage(OnePage(4, {"x", "z"}))));
  EXPECT_NE(version(), before);
  EXPECT_EQ(Take(store->ReadPage(4))->Name(1).text, "z");
}

TEST_F(VolumeStoreTest, NumbersEqualDescriptorsAlike) {
  std::int64_t first = 0;
  {
    const auto store = OpenIndex();
    first = Take(store->Intern(SomeBytes(100, 1)));
    EXPECT_NE(Take(store->Intern(SomeBytes(100, 2))), first);
  }
  const auto store = OpenIndex();
  EXPECT_EQ(Take(store->Intern(SomeBytes(100, 1))), first);
  EXPECT_EQ(Take(store->Descriptor(first)), SomeBytes(100, 1));
  EXPECT_THAT(store->Descriptor(99), FailsWith(ErrorKind::kCorrupt, "acledger index"));
}

TEST_F(VolumeStoreTest, DropsAPageThatBecameEmpty) {
  const auto store = OpenIndex();
  for (const std::uint32_t page : {1u, 2u, 9u}) Take(store->PutPage(OnePage(page, {"x"})));
  EXPECT_TRUE(Take(store->PutPage(OnePage(1, {}))));
  EXPECT_FALSE(Take(store->PutPage(OnePage(1, {}))));
  EXPECT_THAT(PagesOf(*store), ElementsAre(2, 9));
  EXPECT_EQ(Take(store->PagesEnd()), 10u);
  EXPECT_EQ(Take(store->DropPagesFrom(3)), 1u);
  EXPECT_THAT(PagesOf(*store), ElementsAre(2));
}

TEST_F(VolumeStoreTest, SaysWhichPageIsDamagedAndGoesOn) {
  {
    const auto store = OpenIndex();
    for (const std::uint32_t page : {1u, 2u, 3u}) Take(store->PutPage(OnePage(page, {"x", "y"})));
  }
  RunSql("ledger.db.index", "UPDATE page SET names = x'79FF78FF' WHERE number = 2");
  const auto store = OpenIndex();
  EXPECT_THAT(store->ReadPage(2), FailsWith(ErrorKind::kCorrupt, "page 2"));
  EXPECT_TRUE(Take(store->ReadPage(3)));
  EXPECT_THAT(store->ScanNames([](std::uint32_t, std::string_view) -> Expected<bool> { return true; }),
              FailsWith(ErrorKind::kCorrupt, "acledger index"));
  // Putting the right one there mends it.
  EXPECT_TRUE(Take(store->PutPage(OnePage(2, {"x", "y"}))));
  EXPECT_EQ(Take(store->ReadPage(2))->Name(0).text, "x");
}

TEST_F(VolumeStoreTest, TakesNoPageForAnother) {
  {
    const auto store = OpenIndex();
    for (const std::uint32_t page : {1u, 2u}) Take(store->PutPage(OnePage(page, {"x"})));
  }
  RunSql("ledger.db.index", "DELETE FROM page WHERE number = 2; UPDATE page SET number = 2");
  EXPECT_THAT(OpenIndex()->ReadPage(2), FailsWith(ErrorKind::kCorrupt, "page 2"));
}

TEST_F(VolumeStoreTest, RefusesAPageWhoseNumberCannotBe) {
  Take(OpenIndex()->PutPage(OnePage(5, {"x", "y"})));
  for (const char* number : {"5 - 4294967296", "5 + 4294967296"}) {
    RunSql("ledger.db.index", std::string("UPDATE page SET number = ") + number);
    const auto store = OpenIndex();
    EXPECT_THAT(store->ScanNames([](std::uint32_t, std::string_view) -> Expected<bool> { return true; }),
                FailsWith(ErrorKind::kCorrupt));
    EXPECT_THAT(store->PagesEnd(), FailsWith(ErrorKind::kCorrupt));
    // Whoever stores all pages drops what is behind them.
    EXPECT_TRUE(Take(store->PutPage(OnePage(5, {"x", "y"}))));
    EXPECT_EQ(Take(store->DropPagesFrom(6)), 1u);
    EXPECT_THAT(PagesOf(*store), ElementsAre(5));
  }
}

TEST_F(VolumeStoreTest, NoticesEveryByteThatChanged) {
  const VolumePageWriter page = OnePage(1, {"name", "other"});
  Take(OpenIndex()->PutPage(page));
  for (const auto& [column, size] :
       {std::pair("names", page.Names().size()), std::pair("facts", page.Facts().size())}) {
    for (std::size_t at = 0; at < size; ++at) {
      Take(OpenIndex()->PutPage(page));
      const std::string where = std::to_string(at + 1);
      RunSql("ledger.db.index", std::string("UPDATE page SET ") + column + " = CAST(substr(" + column + ", 1, " +
                                    std::to_string(at) + ") || x'41' || substr(" + column + ", " +
                                    std::to_string(at + 2) + ") AS BLOB)");
      ASSERT_THAT(OpenIndex()->ReadPage(1), FailsWith(ErrorKind::kCorrupt)) << column << where;
    }
  }
}

TEST_F(VolumeStoreTest, IsMadeAgainWhateverIsDamagedInIt) {
  Fill(*OpenIndex());
  const std::string whole = ReadFile("ledger.db.index");
  const auto ledger = Open();
  ASSERT_GT(whole.size(), 10 * 4096u);
  unsigned dropped = 0;
  for (std::size_t at = 0; at < whole.size(); at += at < 100 ? 1 : 1021) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
    WriteFile("ledger.db.index", damaged);
    if (const auto reader = TryRead()) AskAll(**reader);
    {
      auto store = OpenIndex();
      dropped += store->Dropped().empty() ? 0 : 1;
      Fill(*store);
    }
    const auto reader = Take(TryRead());
    ASSERT_EQ(Take(reader->Index())->read_at, 99) << at;
    ASSERT_THAT(PagesOf(*reader), ElementsAre(0, 1, 2, 3, 4, 5)) << at;
    AskAll(*reader);
  }
  EXPECT_GT(dropped, 30u);
  // The ledger beside it never knew.
  EXPECT_FALSE(std::filesystem::exists(PathTo("ledger.db.damaged")));
  EXPECT_TRUE(Take(ledger->Grants()).empty());
}

TEST_F(VolumeStoreTest, IsMadeAgainWhateverIsCutOff) {
  Fill(*OpenIndex());
  const std::string whole = ReadFile("ledger.db.index");
  for (std::size_t size = 0; size < whole.size(); size += 3001) {
    WriteFile("ledger.db.index", whole.substr(0, size));
    if (const auto reader = TryRead()) AskAll(**reader);
    Fill(*OpenIndex());
    AskAll(*Take(TryRead()));
  }
}

TEST_F(VolumeStoreTest, KeepsWhatIsNoIndexAndSaysWhere) {
  RunSql("ledger.db.index", "CREATE TABLE somebodys(text TEXT); INSERT INTO somebodys VALUES('work')");
  EXPECT_THAT(TryRead(), FailsWith(ErrorKind::kInvalid));
  const auto store = OpenIndex();
  EXPECT_NE(store->Dropped().find("ledger.db.index.damaged-1"), std::string::npos);
  EXPECT_TRUE(std::filesystem::exists(PathTo("ledger.db.index.damaged-1")));
}

TEST_F(VolumeStoreTest, KeepsWhatIsNoDatabaseAtAll) {
  WriteFile("ledger.db.index", "A paper on indexes.");
  EXPECT_NE(OpenIndex()->Dropped().find("ledger.db.index.damaged-1"), std::string::npos);
  EXPECT_EQ(ReadFile("ledger.db.index.damaged-1"), "A paper on indexes.");
}

TEST_F(VolumeStoreTest, KeepsAnothersDatabaseThatIsDamaged) {
  RunSql("ledger.db.index", "CREATE TABLE somebodys(text TEXT); INSERT INTO somebodys VALUES('work')");
  std::string damaged = ReadFile("ledger.db.index");
  damaged[21] = 0;  // Always 64.
  WriteFile("ledger.db.index", damaged);
  EXPECT_NE(OpenIndex()->Dropped().find("ledger.db.index.damaged-1"), std::string::npos);
  EXPECT_EQ(ReadFile("ledger.db.index.damaged-1"), damaged);
}

TEST_F(VolumeStoreTest, LeavesTheIndexOfAnotherVolumeAlone) {
  Fill(*OpenIndex());
  EXPECT_THAT(VolumeStore::OpenToWrite(index_, kSerial + 1), FailsWith(ErrorKind::kMismatch, "test.img"));
  EXPECT_EQ(Take(Take(TryRead())->Index())->read_at, 99);
}

TEST_F(VolumeStoreTest, HasOneWriterAndReadersBesideIt) {
  const auto writer = OpenIndex();
  Fill(*writer);
  EXPECT_THAT(VolumeStore::OpenToWrite(index_, kSerial), FailsWith(ErrorKind::kBusy, "another acledger"));
  const auto reader = Take(TryRead());
  Take(reader->InTransaction([&]() -> Expected<void> {
    EXPECT_EQ(Take(reader->PagesEnd()), 6u);
    Take(writer->DropPagesFrom(0));
    EXPECT_EQ(Take(reader->PagesEnd()), 6u);  // As it was.
    return {};
  }));
  EXPECT_EQ(Take(reader->PagesEnd()), 0u);
  EXPECT_THAT(reader->DropPagesFrom(0), FailsWith(ErrorKind::kReadOnly));
}

// Whoever made it was ended before he had set that.
TEST_F(VolumeStoreTest, KeepsALogWhereItDidNotBefore) {
  Fill(*OpenIndex());
  RunSql("ledger.db.index", "PRAGMA journal_mode=DELETE");
  const auto mode = [this] {
    const auto database = Take(sqlite::Database::Open(index_, sqlite::OpenMode::kReadOnly));
    auto query = database->Use("PRAGMA journal_mode");
    EXPECT_TRUE(Take(query.Next()));
    return std::string(query.Text(0));
  };
  EXPECT_EQ(mode(), "delete");
  EXPECT_EQ(OpenIndex()->Dropped(), "");
  EXPECT_EQ(mode(), "wal");
}

TEST_F(VolumeStoreTest, WritesNothingOfATransactionThatFails) {
  const auto store = OpenIndex();
  const auto failed = store->InTransaction([&]() -> Expected<void> {
    Take(store->PutPage(OnePage(1, {"x"})));
    return acledger::Fail(ErrorKind::kIo, "read", "gone");
  });
  EXPECT_THAT(failed, FailsWith(ErrorKind::kIo, "gone"));
  EXPECT_TRUE(PagesOf(*store).empty());
}

}  // namespace
}  // namespace acledger::store
