// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include "scanner/ntfs/catalog_builder.h"
#include "scanner/ntfs/judgement.h"
#include "scanner/volume.h"
#include "security/sddl.h"
#include "tests/scanner/ntfs/memory_device.h"
#include "tests/scanner/ntfs/must.h"
#include "tests/scanner/ntfs/tiny_volume.h"

namespace acledger::scanner::ntfs {
namespace {

using format::ByteVector;
using format::Resident;
using security::DescriptorBytes;
using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;

DescriptorBytes Sddl(std::string_view text) { return Must(security::FromSddl(text)); }

ByteVector InformationOf(std::uint32_t attributes, std::optional<std::uint32_t> id) {
  return Resident(AttributeType::kStandardInformation, format::Information(attributes, id));
}
ByteVector NameOf(std::u16string_view name, FileReference parent = TinyVolume::kRoot) {
  return Resident(AttributeType::kFileName, format::Name(parent, name));
}

class CatalogTest : public testing::Test {
 protected:
  CatalogTest() : closed_(volume_.AddDescriptor(kClosed)), open_(volume_.AddDescriptor(kOpen)) {}

  Catalog Read() {
    device_.bytes = volume_.Build();
    return ReadAgain();
  }
  Catalog ReadAgain() { return Must(ReadCatalog(device_, pool_)); }
  // The descriptor's bytes; empty where it is not known.
  DescriptorBytes DescriptorOf(const Catalog& catalog, std::uint64_t number) {
    const auto object = catalog.FindNumber(number);
    if (!object || object->descriptor == DescriptorPool::kNone) return {};
    return pool_.Get(object->descriptor);
  }
  static std::vector<std::string> Names(const Catalog& catalog, std::uint32_t number) {
    std::vector<std::string> names;
    catalog.ForEachName(number, [&](const Catalog::Name& name) { names.emplace_back(name.text); });
    return names;
  }

  const DescriptorBytes kClosed = Sddl("O:BAG:SYD:(A;;FA;;;SY)");
  const DescriptorBytes kOpen = Sddl("O:BAG:SYD:(A;;FA;;;SY)(A;;0x1200a9;;;WD)");
  TinyVolume volume_;
  std::uint32_t closed_, open_;
  MemoryDevice device_{{}};
  DescriptorPool pool_;
};

TEST_F(CatalogTest, TellsOfEachObject) {
  const FileReference folder = volume_.AddFolder(30, u"folder", TinyVolume::kRoot, closed_);
  const FileReference file = volume_.AddFile(31, u"file", folder, open_);
  const Catalog catalog = Read();
  EXPECT_EQ(catalog.Report().damage.Total(), 0u);
  EXPECT_EQ(catalog.Report().objects, 5u);  // Those of NTFS too.
  const auto found = catalog.Find(file);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->id, file);
  EXPECT_EQ(found->attributes, 0x20u);
  EXPECT_FALSE(found->is_folder);
  EXPECT_EQ(pool_.Get(found->descriptor), kOpen);
  EXPECT_EQ(catalog.Find(folder)->attributes, 0x20u | kAttributeDirectory);
  EXPECT_EQ(DescriptorOf(catalog, 30), kClosed);
  EXPECT_EQ(Must(catalog.PathOf(file)), "\\folder\\file");
  EXPECT_EQ(Must(catalog.PathOf(TinyVolume::kRoot)), "\\");
}

TEST_F(CatalogTest, KnowsNoObjectOfAnotherSequenceNumber) {
  volume_.AddFile(31, u"file", TinyVolume::kRoot, open_);
  const Catalog catalog = Read();
  EXPECT_FALSE(catalog.Find(FileReference::Of(31, 2)));
  EXPECT_FALSE(catalog.Find(FileReference::Of(32, 1)));
  EXPECT_FALSE(catalog.Find(FileReference::Of(1u << 31, 1)));
  EXPECT_EQ(Failure(catalog.PathOf(FileReference::Of(31, 2))), ErrorKind::kNotFound);
}

TEST_F(CatalogTest, HasEveryNameButDosNames) {
  const FileReference folder = volume_.AddFolder(30, u"folder", TinyVolume::kRoot, closed_);
  const std::u16string odd = {u'x', 0xDC00, 0x4E2D};
  volume_.Set(
      {.number = 31, .links = 4},
      {InformationOf(0x20, open_), NameOf(u"long name"), NameOf(odd, folder),
       Resident(AttributeType::kFileName, format::Name(TinyVolume::kRoot, u"LONGNA~1", FileName::Space::kDos)),
       Resident(AttributeType::kFileName, format::Name(TinyVolume::kRoot, u"SHORT", FileName::Space::kWin32AndDos))});
  const Catalog catalog = Read();
  EXPECT_THAT(Names(catalog, 31), ElementsAre("long name", "x\xED\xB0\x80\xE4\xB8\xAD", "SHORT"));
  EXPECT_TRUE(catalog.FindNumber(31)->names_are_sure);
  EXPECT_EQ(catalog.Report().damage.Total(), 0u);
  std::vector<std::string> paths;
  catalog.ForEachName(31, [&](const Catalog::Name& name) { paths.push_back(Must(catalog.PathOf(name))); });
  EXPECT_THAT(paths, ElementsAre("\\long name", "\\folder\\x\xED\xB0\x80\xE4\xB8\xAD", "\\SHORT"));
}

TEST_F(CatalogTest, ReadsADescriptorOfItsOwn) {
  const DescriptorBytes own = Sddl("O:SYG:SYD:(A;;FR;;;BA)");
  volume_.Set({.number = 30},
              {InformationOf(6, std::nullopt), NameOf(u"old"), Resident(AttributeType::kSecurityDescriptor, own)});
  volume_.Set({.number = 31}, {InformationOf(6, std::nullopt), NameOf(u"far"),
                               format::NonResident(AttributeType::kSecurityDescriptor,
                                                   {.runs = volume_.Place(own), .size = own.size()})});
  const Catalog catalog = Read();
  EXPECT_EQ(DescriptorOf(catalog, 30), own);
  EXPECT_EQ(DescriptorOf(catalog, 31), own);
  EXPECT_EQ(catalog.FindNumber(30)->descriptor, catalog.FindNumber(31)->descriptor);
}

// As drivers write it that know no shared ones.
TEST_F(CatalogTest, ReadsALongDescriptorThatVeryManyHaveOfTheirOwn) {
  constexpr std::uint32_t kObjects = 1200;
  TinyVolume volume({.records = 64 + kObjects});
  std::string text = "O:SYG:SYD:";
  for (int i = 0; i < 2700; ++i) text += "(A;;FR;;;BA)";
  DescriptorBytes own = Sddl(text);
  ASSERT_GT(own.size() * kObjects, std::size_t{64} << 20);
  const auto runs = volume.Place(own);
  for (std::uint32_t i = 0; i < kObjects; ++i)
    volume.Set({.number = 64 + i},
               {InformationOf(0, 0), NameOf(u"own"),
                format::NonResident(AttributeType::kSecurityDescriptor, {.runs = runs, .size = own.size()})});
  MemoryDevice device(volume.Build());
  const Catalog catalog = Must(ReadCatalog(device, pool_));
  for (std::uint32_t i = 0; i < kObjects; ++i) ASSERT_EQ(DescriptorOf(catalog, 64 + i), own) << i;
}

TEST_F(CatalogTest, KnowsNoDescriptorWhereItIsNotSure) {
  const ByteVector own = Resident(AttributeType::kSecurityDescriptor, kOpen);
  volume_.Set({.number = 30}, {NameOf(u"no information")});
  volume_.Set({.number = 31}, {InformationOf(0, 0x999), NameOf(u"leads nowhere")});
  volume_.Set({.number = 32}, {InformationOf(0, 0), NameOf(u"none")});
  volume_.Set({.number = 33}, {InformationOf(0, closed_), NameOf(u"two, different"), own});
  volume_.Set({.number = 34}, {InformationOf(0, open_), NameOf(u"two, equal"), own});
  volume_.Set({.number = 35}, {InformationOf(0, 0), NameOf(u"two of its own"), own, own});
  volume_.Set({.number = 36}, {InformationOf(0, open_), InformationOf(0, open_), NameOf(u"two informations")});
  volume_.Set({.number = 37},
              {InformationOf(0, 0), NameOf(u"empty"), Resident(AttributeType::kSecurityDescriptor, {})});
  volume_.Set({.number = 38}, {Resident(AttributeType::kStandardInformation, ByteVector(50)), NameOf(u"odd")});
  const Catalog catalog = Read();
  for (std::uint64_t number = 30; number <= 38; ++number) {
    EXPECT_EQ(DescriptorOf(catalog, number), number == 34 ? kOpen : DescriptorBytes()) << number;
  }
  EXPECT_EQ(catalog.Report().damage.Count(DamageKind::kDescriptor), 8u);
}

TEST_F(CatalogTest, KnowsReparsePoints) {
  volume_.Set({.number = 30, .flags = 3}, {InformationOf(kAttributeReparsePoint, open_), NameOf(u"link"),
                                           Resident(AttributeType::kReparsePoint, format::Reparse(0xA000000C))});
  volume_.Set({.number = 31}, {InformationOf(kAttributeReparsePoint, open_), NameOf(u"far"),
                               format::NonResident(AttributeType::kReparsePoint,
                                                   {.runs = volume_.Place(format::Reparse(0x9000001A)), .size = 8})});
  volume_.Set({.number = 32}, {InformationOf(kAttributeReparsePoint, open_), NameOf(u"lost")});
  const Catalog catalog = Read();
  EXPECT_EQ(catalog.FindNumber(30)->reparse_tag, 0xA000000Cu);
  EXPECT_TRUE(catalog.FindNumber(30)->is_folder);
  EXPECT_EQ(catalog.FindNumber(31)->reparse_tag, 0x9000001Au);
  EXPECT_EQ(catalog.FindNumber(32)->reparse_tag, 0u);
  EXPECT_EQ(catalog.Report().damage.Count(DamageKind::kReparse), 1u);
}

// An object whose names and information lie in records before and behind its own.
class ContinuedObject : public CatalogTest {
 protected:
  static constexpr FileReference kObject = FileReference::Of(40, 3), kBefore = FileReference::Of(30, 1),
                                 kBehind = FileReference::Of(50, 2);

  ContinuedObject() {
    Base({{AttributeType::kStandardInformation, kBehind},
          {AttributeType::kFileName, kObject},
          {AttributeType::kFileName, kBefore},
          {AttributeType::kFileName, kBefore},
          {AttributeType::kFileName, kBehind},
          {AttributeType::kData, FileReference::Of(51, 1), 5}});
    volume_.Set({.number = 30, .links = 0, .base = kObject}, {NameOf(u"two"), NameOf(u"three")});
    volume_.Set({.number = 50, .sequence = 2, .links = 0, .base = kObject},
                {InformationOf(0x20, open_), NameOf(u"four")});
  }
  void Base(const std::vector<format::ListItem>& items) {
    volume_.Set({.number = 40, .sequence = 3, .links = 4},
                {Resident(AttributeType::kAttributeList, format::List(items)), NameOf(u"one")});
  }
  void ExpectUnsure(const Catalog& catalog) {
    EXPECT_EQ(DescriptorOf(catalog, 40), DescriptorBytes());
    ASSERT_TRUE(catalog.Find(kObject));
    EXPECT_FALSE(catalog.Find(kObject)->names_are_sure);
    EXPECT_GE(catalog.Report().damage.Count(DamageKind::kExtension), 1u);
  }
};

TEST_F(ContinuedObject, IsPutTogether) {
  const Catalog catalog = Read();
  EXPECT_EQ(catalog.Report().damage.Total(), 0u);
  EXPECT_EQ(DescriptorOf(catalog, 40), kOpen);
  EXPECT_EQ(catalog.FindNumber(40)->attributes, 0x20u);
  EXPECT_THAT(Names(catalog, 40), ElementsAre("one", "two", "three", "four"));
  EXPECT_FALSE(catalog.FindNumber(30));
  EXPECT_FALSE(catalog.FindNumber(50));
}

TEST_F(ContinuedObject, IsUnsureWhereARecordIsMissing) {
  volume_.Set({.number = 50, .sequence = 2, .flags = 0, .base = kObject}, {});
  ExpectUnsure(Read());
}

TEST_F(ContinuedObject, IsUnsureWhereARecordWasReused) {
  volume_.Set({.number = 50, .sequence = 4, .base = kObject}, {InformationOf(0x20, open_), NameOf(u"four")});
  ExpectUnsure(Read());
}

TEST_F(ContinuedObject, IsUnsureWhereARecordContinuesAnotherObject) {
  volume_.Set({.number = 50, .sequence = 2, .base = FileReference::Of(40, 2)},
              {InformationOf(0x20, open_), NameOf(u"four")});
  ExpectUnsure(Read());
}

TEST_F(ContinuedObject, IsUnsureWhereANameIsMissing) {
  volume_.Set({.number = 30, .base = kObject}, {NameOf(u"two")});
  ExpectUnsure(Read());
}

TEST_F(ContinuedObject, IsUnsureWhereItsListCannotBeRead) {
  volume_.Set({.number = 40, .sequence = 3, .links = 4},
              {Resident(AttributeType::kAttributeList, ByteVector(32, 1)), NameOf(u"one")});
  ExpectUnsure(Read());
}

// Its information lies in the record that nobody names: so there is none.
// Whoever damages a volume can have all its records share one long list.
TEST_F(CatalogTest, KeepsNoMoreOfListsThanTheRecordsCanHold) {
  TinyVolume volume({.records = 256});
  std::vector<format::ListItem> items(3000, {AttributeType::kFileName, FileReference::Of(250, 1)});
  const ByteVector list = format::List(items);
  const auto runs = volume.Place(list);
  for (std::uint32_t number = 64; number < 240; ++number)
    volume.Set(
        {.number = number},
        {InformationOf(0, 0), format::NonResident(AttributeType::kAttributeList, {.runs = runs, .size = list.size()}),
         NameOf(u"one")});
  MemoryDevice device(volume.Build());
  const Catalog catalog = Must(ReadCatalog(device, pool_));
  const auto& damage = catalog.Report().damage;
  EXPECT_EQ(damage.Count(DamageKind::kExtension), 240u - 64u);
  EXPECT_THAT(damage.Examples(), Contains(Field(&Damage::what, HasSubstr("more attributes than its records"))));
}

TEST_F(ContinuedObject, TakesNothingFromARecordThatItsListDoesNotName) {
  Base({{AttributeType::kFileName, kObject}, {AttributeType::kFileName, kBefore}, {AttributeType::kFileName, kBefore}});
  const Catalog catalog = Read();
  EXPECT_EQ(DescriptorOf(catalog, 40), DescriptorBytes());
  EXPECT_THAT(Names(catalog, 40), ElementsAre("one", "two", "three"));
  EXPECT_FALSE(catalog.FindNumber(40)->names_are_sure);
  ASSERT_EQ(catalog.Report().damage.Count(DamageKind::kExtension), 1u);
}

TEST_F(ContinuedObject, LeavesOthersAloneWhateverARecordClaims) {
  const FileReference other = volume_.AddFile(41, u"other", TinyVolume::kRoot, closed_);
  volume_.Set({.number = 42, .base = other}, {InformationOf(0, open_), NameOf(u"not mine")});
  const Catalog catalog = Read();
  EXPECT_EQ(DescriptorOf(catalog, 41), kClosed);
  EXPECT_THAT(Names(catalog, 41), ElementsAre("other"));
  EXPECT_TRUE(catalog.FindNumber(41)->names_are_sure);
  EXPECT_EQ(catalog.Report().damage.Count(DamageKind::kExtension), 1u);
  EXPECT_EQ(catalog.Report().damage.Examples()[0].record, 42u);
}

TEST_F(CatalogTest, FindsNoPathInACircle) {
  const FileReference a = FileReference::Of(30, 1), b = FileReference::Of(31, 1);
  volume_.AddFolder(30, u"a", b, closed_);
  volume_.AddFolder(31, u"b", a, closed_);
  volume_.AddFolder(32, u"self", FileReference::Of(32, 1), closed_);
  const Catalog catalog = Read();
  EXPECT_EQ(Failure(catalog.PathOf(a)), ErrorKind::kCorrupt);
  EXPECT_THAT(Why(catalog.PathOf(FileReference::Of(32, 1))), HasSubstr("circles"));
}

TEST_F(CatalogTest, FindsNoPathBelowWhatIsMissing) {
  const FileReference file = volume_.AddFile(29, u"file", TinyVolume::kRoot, closed_);
  const FileReference a = volume_.AddFile(30, u"a", FileReference::Of(60, 1), closed_);
  const FileReference b = volume_.AddFile(31, u"b", FileReference::Of(5, 4), closed_);
  const FileReference c = volume_.AddFile(32, u"c", file, closed_);
  const FileReference d = volume_.Set({.number = 33}, {InformationOf(0, closed_)});
  const Catalog catalog = Read();
  for (const FileReference id : {a, b, c}) EXPECT_EQ(Failure(catalog.PathOf(id)), ErrorKind::kCorrupt);
  EXPECT_EQ(Failure(catalog.PathOf(d)), ErrorKind::kNotFound);
}

TEST_F(CatalogTest, LosesOnlyTheObjectOfADamagedRecord) {
  volume_.AddFile(30, u"a", TinyVolume::kRoot, closed_);
  volume_.AddFile(31, u"b", TinyVolume::kRoot, open_);
  device_.bytes = volume_.Build();
  device_.bytes[volume_.RecordAt(30) + 511] ^= 1;
  const Catalog catalog = ReadAgain();
  EXPECT_FALSE(catalog.FindNumber(30));
  EXPECT_EQ(DescriptorOf(catalog, 31), kOpen);
  ASSERT_EQ(catalog.Report().damage.Count(DamageKind::kRecord), 1u);
  EXPECT_EQ(catalog.Report().damage.Examples()[0].record, 30u);
  EXPECT_THAT(catalog.Report().damage.Examples()[0].what, HasSubstr("torn"));
}

TEST_F(CatalogTest, GoesOnWithoutSharedDescriptors) {
  volume_.AddFile(30, u"a", TinyVolume::kRoot, closed_);
  volume_.Set({.number = 31},
              {InformationOf(0, std::nullopt), NameOf(u"own"), Resident(AttributeType::kSecurityDescriptor, kOpen)});
  device_.bytes = volume_.Build();
  device_.bytes[volume_.RecordAt(kSecureRecord)] = 'X';
  const Catalog catalog = ReadAgain();
  EXPECT_TRUE(catalog.Report().secure_error);
  EXPECT_EQ(DescriptorOf(catalog, 30), DescriptorBytes());
  EXPECT_EQ(DescriptorOf(catalog, 31), kOpen);
}

TEST_F(CatalogTest, CountsDamageBeyondTheExamples) {
  for (std::uint64_t number = 24; number < 64; ++number) volume_.Set({.number = number}, {NameOf(u"x")});
  const Catalog catalog = Read();
  EXPECT_EQ(catalog.Report().damage.Count(DamageKind::kDescriptor), 40u);
  EXPECT_EQ(catalog.Report().damage.Examples().size(), DamageReport::kExamplesOfAKind);
}

TEST_F(CatalogTest, IsJudgedOnceForEachDescriptor) {
  for (std::uint64_t number = 30; number < 34; ++number) volume_.AddFile(number, u"o", TinyVolume::kRoot, open_);
  for (std::uint64_t number = 34; number < 37; ++number) volume_.AddFile(number, u"c", TinyVolume::kRoot, closed_);
  volume_.AddFile(37, u"unknown", TinyVolume::kRoot, 0x999);
  volume_.Set({.number = 38}, {InformationOf(0, std::nullopt), NameOf(u"malformed"),
                               Resident(AttributeType::kSecurityDescriptor, ByteVector(30, 7))});
  const Catalog catalog = Read();
  store::Grant grant;
  grant.principal = security::Sid::Users();
  const Judge judge(grant);
  const Judgement judgement(catalog, pool_, judge);
  EXPECT_EQ(judgement.readable, 4u);
  EXPECT_EQ(judgement.not_readable, 6u);  // And the root, $MFT and $Secure.
  EXPECT_EQ(judgement.unknown, 2u);
  EXPECT_EQ(judgement.distinct, 3u);  // The malformed one is none.
  EXPECT_TRUE(judgement.Of(*catalog.FindNumber(30))->readable);
  EXPECT_FALSE(judgement.Of(*catalog.FindNumber(35))->readable);
  EXPECT_EQ(judgement.Of(*catalog.FindNumber(37)), nullptr);
  EXPECT_EQ(judgement.Of(*catalog.FindNumber(38)), nullptr);
}

TEST_F(CatalogTest, ReadsAVolumeOfLargeRecordsInPieces) {
  TinyVolume volume({.cluster_bytes = 512, .record_bytes = 4096, .pieces = 5, .listed_from = 2});
  const std::uint32_t id = volume.AddDescriptor(kOpen);
  const FileReference file = volume.AddFile(60, u"last", TinyVolume::kRoot, id);
  MemoryDevice device(volume.Build());
  const Catalog catalog = Must(ReadCatalog(device, pool_));
  EXPECT_EQ(Must(catalog.PathOf(file)), "\\last");
  EXPECT_EQ(DescriptorOf(catalog, 60), kOpen);
}

}  // namespace
}  // namespace acledger::scanner::ntfs
