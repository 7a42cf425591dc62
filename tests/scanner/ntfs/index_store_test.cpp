// SPDX-License-Identifier: MIT
#include "scanner/ntfs/index_store.h"

#include <gmock/gmock.h>

#include "scanner/ntfs/index_pages.h"
#include "scanner/ntfs/index_verdict.h"
#include "scanner/ntfs/index_view.h"
#include "scanner/ntfs/judgement.h"
#include "security/sddl.h"
#include "tests/scanner/ntfs/index_volume.h"
#include "tests/scanner/ntfs/sample_volume.h"

namespace acledger::scanner::ntfs {
namespace {

constexpr auto kRoot = TinyVolume::kRoot;

// Everything that the catalogue knows, and nothing else, comes back.
void ExpectEqual(const ReadVolume& read, IndexPages& pages) {
  std::uint64_t objects = 0;
  for (std::uint32_t number = 0; number < pages.End(); ++number) {
    const auto page = Must(pages.Read(number));
    if (!page) continue;
    for (const auto& entry : page->Entries()) {
      ++objects;
      const auto object = read.catalog->Find({entry.object.id});
      ASSERT_TRUE(object) << entry.object.Number();
      EXPECT_EQ(entry.object.attributes, object->attributes);
      EXPECT_EQ(entry.object.reparse_tag, object->reparse_tag);
      EXPECT_EQ(entry.object.is_folder, object->is_folder);
      EXPECT_EQ(entry.object.names_are_sure, object->names_are_sure);
      EXPECT_EQ(entry.object.descriptor == 0, object->descriptor == DescriptorPool::kNone);
      if (entry.object.descriptor != 0) {
        EXPECT_EQ(Must(pages.Descriptor(entry.object.descriptor)), read.pool.Get(object->descriptor));
      }
      std::vector<store::IndexedName> names;
      read.catalog->ForEachName(static_cast<std::uint32_t>(entry.object.Number()),
                                [&](const Catalog::Name& name) { names.push_back({name.parent.raw, name.text}); });
      EXPECT_TRUE(std::ranges::equal(page->NamesOf(entry), names)) << entry.object.Number();
    }
  }
  EXPECT_EQ(objects, read.catalog->Report().objects);
}

TinyVolume WideVolume(std::uint64_t files) {
  TinyVolume::Shape shape;
  shape.records = static_cast<std::uint32_t>(files + 32);
  TinyVolume volume(shape);
  const std::uint32_t open = volume.AddDescriptor(*security::FromSddl("O:BAG:SYD:(A;;FA;;;SY)(A;;FR;;;WD)"));
  const FileReference folder = volume.AddFolder(24, u"folder", kRoot, open);
  for (std::uint64_t i = 0; i < files; ++i) {
    const std::string text = "file " + std::to_string(i);
    volume.AddFile(25 + i, std::u16string(text.begin(), text.end()), folder, open);
  }
  return volume;
}

TEST(IndexStoreTest, GivesEveryObjectBack) {
  TinyVolume volume = SampleVolume();
  const ReadVolume read(volume);
  ScratchStore store;
  Must(StoreIndex(*read.catalog, read.pool, kIndexed, *store));
  auto stored = Must(StoredPages::Open(*store));
  ExpectEqual(read, stored);
  EXPECT_EQ(stored.Index().objects, read.catalog->Report().objects);
  EXPECT_EQ(stored.Index().read_at, 1000);
}

TEST(IndexStoreTest, CutsACatalogueIntoTheSamePages) {
  TinyVolume volume = WideVolume(2'500);
  const ReadVolume read(volume);
  CatalogPages pages(*read.catalog, read.pool);
  EXPECT_EQ(pages.End(), 3u);
  ExpectEqual(read, pages);
}

TEST(IndexStoreTest, WritesOnlyThePagesThatDiffer) {
  TinyVolume volume = WideVolume(4'000);
  ScratchStore store;
  EXPECT_EQ(store.Store(volume).written, 4u);
  const StoreReport again = store.Store(volume);
  EXPECT_EQ(again.written, 0u);
  EXPECT_EQ(again.unchanged, 4u);
  volume.AddFile(2'100, u"renamed", kRoot, 0);
  const StoreReport after = store.Store(volume);
  EXPECT_EQ(after.written, 1u);
  EXPECT_EQ(after.unchanged, 3u);
  const ReadVolume read(volume);
  auto stored = Must(StoredPages::Open(*store));
  ExpectEqual(read, stored);
}

TEST(IndexStoreTest, DropsPagesBehindTheEndOfASmallerVolume) {
  TinyVolume large = WideVolume(4'000), small = WideVolume(900);
  ScratchStore store;
  store.Store(large);
  const StoreReport report = store.Store(small);
  EXPECT_EQ(report.written, 4u);  // One that is shorter, three that are gone.
  EXPECT_EQ(Must(StoredPages::Open(*store)).End(), 1u);
}

TEST(IndexStoreTest, DropsPagesWhoseNumberCannotBe) {
  TinyVolume volume = WideVolume(4'000);
  ScratchStore store;
  store.Store(volume);
  for (const char* number : {"3 - 4294967296", "3 + 4294967296"}) {
    store.RunSql(std::string("UPDATE page SET number = ") + number + " WHERE number = 3");
    EXPECT_EQ(Failure(StoredPages::Open(*store)), ErrorKind::kCorrupt);
    EXPECT_EQ(store.Store(volume).written, 2u);  // The right one, and the one that is gone.
    EXPECT_EQ(Must(StoredPages::Open(*store)).End(), 4u);
  }
}

TEST(IndexStoreTest, IsMissingInAFileThatHasNone) {
  ScratchStore store;
  EXPECT_EQ(Failure(StoredPages::Open(*store)), ErrorKind::kNotFound);
}

TEST(IndexStoreTest, FindsThePathsThatTheCatalogueFinds) {
  TinyVolume volume = SampleVolume();
  const ReadVolume read(volume);
  CatalogPages pages(*read.catalog, read.pool);
  IndexView view(pages);
  read.catalog->ForEach([&](const CatalogObject& object) {
    read.catalog->ForEachName(static_cast<std::uint32_t>(object.id.Number()), [&](const Catalog::Name& name) {
      if (object.id.Number() == kRootRecord) return;
      const auto expected = read.catalog->PathOf(name);
      const auto path = view.PathOf({name.parent.raw, name.text});
      EXPECT_EQ(path.has_value(), expected.has_value());
      EXPECT_EQ(path.value_or(""), expected.value_or(""));
    });
  });
}

TEST(IndexStoreTest, EndsWhereFoldersGoInCircles) {
  TinyVolume volume;
  volume.AddFolder(30, u"a", FileReference::Of(31, 1), 0);
  volume.AddFolder(31, u"b", FileReference::Of(30, 1), 0);
  const ReadVolume read(volume);
  CatalogPages pages(*read.catalog, read.pool);
  IndexView view(pages);
  EXPECT_EQ(Failure(view.PathOf({FileReference::Of(31, 1).raw, "x"})), ErrorKind::kNotFound);
  EXPECT_EQ(Must(view.PathOrWhatIsKnown({FileReference::Of(31, 1).raw, "x"})), "?\\x");
}

TEST(IndexVerdictTest, CountsWhatTheJudgementOfTheCatalogueCounts) {
  TinyVolume volume = SampleVolume();
  const std::uint32_t refused = volume.AddDescriptor(*security::FromSddl("O:BAG:SYD:(D;;FR;;;WD)(A;;FA;;;SY)"));
  volume.AddFile(50, u"refused", kRoot, refused);
  const ReadVolume read(volume);
  store::Grant grant;
  grant.principal = *security::Sid::FromString("S-1-5-21-11-22-33-1001");
  grant.mask = 0x120089;  // Read.
  const Judge judge(grant);
  const Judgement judgement(*read.catalog, read.pool, judge);
  CatalogPages pages(*read.catalog, read.pool);
  const auto counts = Must(Verdicts(pages, judge).CountAll());
  EXPECT_GT(counts[IndexVerdict::kReadable], 0u);
  EXPECT_EQ(counts[IndexVerdict::kReadable], judgement.readable);
  EXPECT_EQ(counts[IndexVerdict::kUnreadable] + counts[IndexVerdict::kDenied], judgement.not_readable);
  EXPECT_EQ(counts[IndexVerdict::kDenied], 1u);
  EXPECT_EQ(counts[IndexVerdict::kUnknown], judgement.unknown);
  EXPECT_EQ(counts.distinct, judgement.distinct);
}

}  // namespace
}  // namespace acledger::scanner::ntfs
