// SPDX-License-Identifier: MIT
#include "scanner/ntfs/index_diff.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "tests/scanner/ntfs/index_volume.h"
#include "tests/scanner/ntfs/random_tree.h"

namespace acledger::scanner::ntfs {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

using Told = std::vector<std::pair<DifferenceKind, std::uint64_t>>;

Told BruteForce(const RandomTree& before, const RandomTree& after) {
  Told told;
  const auto names_of = [](const RandomTree& tree, const RandomTree::Object& object) {
    std::vector<std::pair<std::uint64_t, std::u16string>> names;
    for (const auto& name : object.names) names.emplace_back(tree.ReferenceOf(name.parent).raw, name.text);
    std::ranges::sort(names);
    return names;
  };
  for (std::uint64_t number = RandomTree::kFirst; number < 512; ++number) {
    const auto was = before.objects.find(number), is = after.objects.find(number);
    const bool there = was != before.objects.end(), here = is != after.objects.end();
    const bool same = there && here && was->second.sequence == is->second.sequence;
    if (there && !same) told.emplace_back(DifferenceKind::kRemoved, before.ReferenceOf(number).raw);
    if (here && !same) told.emplace_back(DifferenceKind::kAdded, after.ReferenceOf(number).raw);
    if (!same) continue;
    const std::uint64_t id = after.ReferenceOf(number).raw;
    if (names_of(before, was->second) != names_of(after, is->second)) told.emplace_back(DifferenceKind::kRenamed, id);
    if (was->second.descriptor != is->second.descriptor) told.emplace_back(DifferenceKind::kDescriptor, id);
  }
  return told;
}

Told ToldBy(IndexPages& before, IndexPages& after, std::size_t limit = 100'000) {
  Told told;
  (void)Must(Diff(before, after, limit, [&told](const Difference& one) { told.emplace_back(one.kind, one.id.raw); }));
  return told;
}

TEST(IndexDiffTest, TellsWhatBruteForceTells) {
  for (unsigned seed = 0; seed < 25; ++seed) {
    const RandomTree before(seed, 180);
    RandomTree after = before;
    after.Change(1 + seed * 3);
    TinyVolume old_volume = before.Volume(), new_volume = after.Volume();
    ScratchStore old_ledger, new_ledger;
    old_ledger.Store(old_volume);
    new_ledger.Store(new_volume);
    auto stored = Must(StoredPages::Open(*old_ledger)), later = Must(StoredPages::Open(*new_ledger));
    const Told expected = BruteForce(before, after);
    EXPECT_EQ(ToldBy(stored, later), expected) << "seed " << seed;
    const ReadVolume read(new_volume);
    CatalogPages now(*read.catalog, read.pool);
    EXPECT_EQ(ToldBy(stored, now), expected) << "seed " << seed;
  }
}

TEST(IndexDiffTest, FindsNothingBetweenAnIndexAndItsOwnVolume) {
  const RandomTree tree(3, 200);
  TinyVolume volume = tree.Volume();
  ScratchStore ledger;
  ledger.Store(volume);
  auto stored = Must(StoredPages::Open(*ledger));
  const ReadVolume read(volume);
  CatalogPages now(*read.catalog, read.pool);
  const DiffReport report = Must(Diff(stored, now, 10, [](const Difference&) { FAIL(); }));
  EXPECT_EQ(report.Total(), 0u);
  EXPECT_EQ(report.same + report.not_judged, read.catalog->Report().objects);
}

TEST(IndexDiffTest, CountsAllAndTellsOnlySoMany) {
  const RandomTree before(3, 10), after(4, 200);
  TinyVolume old_volume = before.Volume(), new_volume = after.Volume();
  const ReadVolume was(old_volume), is(new_volume);
  CatalogPages old_pages(*was.catalog, was.pool), new_pages(*is.catalog, is.pool);
  EXPECT_THAT(ToldBy(old_pages, new_pages, 5), SizeIs(5));
  const DiffReport report = Must(Diff(old_pages, new_pages, 0, [](const Difference&) { FAIL(); }));
  EXPECT_EQ(report.Total(), BruteForce(before, after).size());
}

TEST(IndexDiffTest, TellsBothPathsOfWhatWasMoved) {
  TinyVolume before, after;
  for (TinyVolume* volume : {&before, &after})
    volume->AddFolder(TinyVolume::kRoot.Number(), u".", TinyVolume::kRoot, 0);
  const FileReference folder = before.AddFolder(30, u"folder", TinyVolume::kRoot, 0);
  after.AddFolder(30, u"folder", TinyVolume::kRoot, 0);
  before.AddFile(31, u"file", folder, 0);
  after.AddFile(31, u"moved", TinyVolume::kRoot, 0);
  const ReadVolume was(before), is(after);
  CatalogPages old_pages(*was.catalog, was.pool), new_pages(*is.catalog, is.pool);
  std::vector<Difference> told;
  (void)Must(Diff(old_pages, new_pages, 10, [&told](const Difference& one) { told.push_back(one); }));
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_EQ(told[0].kind, DifferenceKind::kRenamed);
  EXPECT_THAT(told[0].before, ElementsAre("\\folder\\file"));
  EXPECT_THAT(told[0].after, ElementsAre("\\moved"));
}

TEST(IndexDiffTest, ConcludesNothingFromADescriptorThatIsNotKnown) {
  TinyVolume before, after;
  before.AddFile(31, u"file", TinyVolume::kRoot, 0x7777);  // No such id in $Secure.
  const std::uint32_t id = after.AddDescriptor(*security::FromSddl("O:BAG:SYD:(A;;FA;;;SY)"));
  after.AddFile(31, u"file", TinyVolume::kRoot, id);
  const ReadVolume was(before), is(after);
  CatalogPages old_pages(*was.catalog, was.pool), new_pages(*is.catalog, is.pool);
  EXPECT_THAT(ToldBy(old_pages, new_pages), IsEmpty());
  const DiffReport report = Must(Diff(old_pages, new_pages, 10, [](const Difference&) { FAIL(); }));
  EXPECT_GE(report.not_judged, 1u);
  EXPECT_EQ(report.same + report.not_judged, was.catalog->Report().objects);
}

}  // namespace
}  // namespace acledger::scanner::ntfs
