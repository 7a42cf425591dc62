// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <unordered_set>

#include "scanner/ntfs/catalog_builder.h"
#include "scanner/ntfs/name_lookup.h"
#include "scanner/volume.h"
#include "security/sddl.h"
#include "tests/scanner/ntfs/library_walk.h"
#include "tests/scanner/ntfs/must.h"
#include "tools/fixtures/windows_tree.h"

namespace acledger::scanner::ntfs {
namespace {

// Object by object, what a catalogue says and what libntfs-3g says of the same image.
class Equality : public testing::Test {
 protected:
  Equality() {
    std::string name = (std::filesystem::temp_directory_path() / "acledger-catalog-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    folder_ = name;
  }
  ~Equality() override {
    builder_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  std::string Path() const { return (folder_ / "test.img").string(); }
  fixtures::ImageBuilder& Make(std::uint64_t bytes) {
    builder_ = Must(fixtures::ImageBuilder::Create(Path(), bytes, 0x1122334455667788));
    return *builder_;
  }
  Catalog Read() {
    builder_.reset();
    const auto device = Must(OpenBlockDevice(Path()));
    return Must(ReadCatalog(*device, pool_));
  }
  WalkedObject AsWalked(const Catalog& catalog, const CatalogObject& object) const {
    WalkedObject walked{
        object.id.raw, object.is_folder, object.attributes & ~kAttributeDirectory, object.reparse_tag, {}, {}};
    if (object.descriptor != DescriptorPool::kNone) walked.descriptor = pool_.Get(object.descriptor);
    catalog.ForEachName(static_cast<std::uint32_t>(object.id.Number()),
                        [&](const Catalog::Name& name) { walked.names.emplace_back(name.parent.raw, name.text); });
    std::ranges::sort(walked.names);
    return walked;
  }
  void ExpectEqual(const Catalog& catalog) {
    const std::vector<WalkedObject> walked = WalkImage(Path());
    std::size_t next = 0, different = 0;
    catalog.ForEach([&](const CatalogObject& object) {
      const WalkedObject ours = AsWalked(catalog, object);
      const bool same = next < walked.size() && walked[next] == ours;
      ++next;
      if (same || ++different > 5) return;
      ADD_FAILURE() << "record " << object.id.Number() << " differs, descriptor " << ours.descriptor.size()
                    << " bytes, " << ours.names.size() << " names";
    });
    EXPECT_EQ(different, 0u);
    EXPECT_EQ(next, walked.size());
    EXPECT_EQ(catalog.Report().objects, walked.size());
  }

  // Every path that the catalogue gives leads to the object again.
  static void ExpectPathsLeadBack(const Catalog& catalog) {
    const NameLookup lookup = Must(NameLookup::Make(catalog));
    EXPECT_EQ(lookup.Orphans(), 0u);
    catalog.ForEach([&](const CatalogObject& object) {
      if (object.id.Number() == kRootRecord) return;
      catalog.ForEachName(static_cast<std::uint32_t>(object.id.Number()), [&](const Catalog::Name& name) {
        EXPECT_EQ(lookup.FindChild(name.parent, name.text), object.id);
        EXPECT_TRUE(catalog.PathOf(name));
      });
    });
  }

  std::filesystem::path folder_;
  std::unique_ptr<fixtures::ImageBuilder> builder_;
  DescriptorPool pool_;
};

TEST_F(Equality, HoldsForAWindowsTree) {
  fixtures::TreeOptions options;
  options.objects = 8'000;
  options.wide_folder = 1'000;
  options.levels = 50;
  fixtures::ImageBuilder& builder = Make(std::uint64_t{128} << 20);
  const fixtures::TreeReport made = Must(fixtures::WindowsTree(builder, options).Make());
  const Catalog catalog = Read();
  EXPECT_GE(catalog.Report().objects, made.Objects());
  EXPECT_EQ(catalog.Report().damage.Total(), 0u)
      << catalog.Report().damage.Examples()[0].what << " " << catalog.Report().damage.Examples()[0].record;
  EXPECT_TRUE(catalog.Report().secure.IsSound());
  ExpectEqual(catalog);
  ExpectPathsLeadBack(catalog);
}

// Attribute lists and records before and behind their base; deleted records; a fragmented $MFT.
TEST_F(Equality, HoldsForWhatWasGrownAndDeleted) {
  fixtures::ImageBuilder& builder = Make(std::uint64_t{24} << 20);
  const auto descriptor = Must(builder.Intern(Must(security::FromSddl("O:BAG:SYD:(A;;FA;;;SY)"))));
  const FileId folder = Must(builder.AddFolder(builder.Root(), u"folder", descriptor));
  std::vector<std::pair<FileId, std::u16string>> filler;
  const auto fill = [&](int from, int to, const std::string& contents) {
    for (int i = from; i < to; ++i) {
      const std::string text = "file " + std::to_string(i);
      const std::u16string name(text.begin(), text.end());
      filler.emplace_back(Must(builder.AddFile(folder, name, descriptor)), name);
      if (!contents.empty() && !builder.WriteContents(filler.back().first, contents)) return;
    }
  };
  const auto remove = [&](std::size_t step) {
    for (std::size_t i = 0; i < filler.size(); i += step)
      Must(builder.Remove(filler[i].first, folder, filler[i].second));
    filler.clear();
  };
  // Until it is full, into the zone that $MFT keeps for itself; then every second one goes and $MFT grows into the
  // gaps.
  fill(0, 10'000, std::string(40'000, 'x'));
  remove(2);
  fill(10'000, 12'000, "");
  remove(3);
  // Long names that one record has no room for.
  const FileId linked = Must(builder.AddFile(folder, std::u16string(200, u'n'), descriptor));
  for (char16_t unit = u'a'; unit <= u'l'; ++unit) {
    Must(builder.AddHardLink(linked, builder.Root(), std::u16string(150, unit)));
  }
  const Catalog catalog = Read();
  const auto device = Must(OpenBlockDevice(Path()));
  EXPECT_GT(Must(Mft::Open(*device)).Contents().Runs().Runs().size(), 3u);
  EXPECT_GT(catalog.Report().pass.free, 500u);
  EXPECT_GT(catalog.Report().pass.used, catalog.Report().objects);  // Extension records.
  EXPECT_EQ(catalog.Report().damage.Total(), 0u);
  const auto object = catalog.Find({linked.low});
  ASSERT_TRUE(object);
  EXPECT_TRUE(object->names_are_sure);
  ExpectEqual(catalog);
}

// A volume that was in use: half of its objects came when it was full of others' data, so that $MFT lies in thousands
// of pieces and has an attribute list of its own; some have more names than a record holds; some were deleted.
class UsedVolume {
 public:
  UsedVolume(fixtures::ImageBuilder& builder, std::uint64_t objects) : builder_(builder), objects_(objects) {}

  static std::uint64_t Bytes(std::uint64_t objects) { return objects * 2400 + (std::uint64_t{24} << 20); }

  void Make() {
    fixtures::TreeOptions options;
    options.objects = objects_ / 2;
    options.distinct = static_cast<unsigned>(std::min<std::uint64_t>(10'000, objects_ / 20));
    options.wide_folder = static_cast<unsigned>(objects_ / 100);
    options.levels = 50;
    Must(fixtures::WindowsTree(builder_, options).Make());
    FillUp();
    RemoveEverySecondFiller();
    AddFiles();
    RemoveSome();
  }

 private:
  static std::u16string Name(const char* prefix, std::uint64_t number) {
    const std::string text = prefix + std::to_string(number);
    return {text.begin(), text.end()};
  }

  void FillUp() {
    filler_ = Must(builder_.AddFolder(builder_.Root(), u"filler", descriptor_));
    const std::string contents(std::size_t{64} << 10, 'x');
    for (std::uint64_t i = 0;; ++i) {
      const auto file = builder_.AddFile(filler_, Name("filler ", i), descriptor_);
      if (!file) break;
      fillers_.push_back(*file);
      if (!builder_.WriteContents(*file, contents)) break;
    }
  }
  void RemoveEverySecondFiller() {
    for (std::size_t i = 0; i < fillers_.size(); i += 2)
      Must(builder_.Remove(fillers_[i], filler_, Name("filler ", i)));
  }
  void AddFiles() {
    constexpr std::uint64_t kAFolder = 4'000, kLinkedEach = 5'000;
    FileId folder;
    for (std::uint64_t i = 0; i < objects_ / 2; ++i) {
      if (i % kAFolder == 0) folder = Must(builder_.AddFolder(builder_.Root(), Name("grown ", i), Descriptor(i)));
      const FileId file = Must(builder_.AddFile(folder, Name("file ", i), Descriptor(i)));
      if (i % 7 == 0) victims_.push_back({file, folder, Name("file ", i)});
      if (i % kLinkedEach == 1)
        for (char16_t unit = u'a'; unit <= u'h'; ++unit)
          Must(builder_.AddHardLink(file, folder, std::u16string(150, unit) + Name(" ", i)));
    }
  }
  void RemoveSome() {
    for (const Victim& one : victims_) Must(builder_.Remove(one.file, one.folder, one.name));
  }
  // One of ten thousand, beside those of the tree.
  std::uint32_t Descriptor(std::uint64_t number) {
    const std::uint64_t kind = number % std::min<std::uint64_t>(10'000, objects_ / 20);
    if (kind < kinds_.size()) return kinds_[kind];
    const std::string owner = "S-1-5-21-1-2-3-" + std::to_string(5'000 + kind);
    kinds_.push_back(Must(builder_.Intern(Must(security::FromSddl("O:" + owner + "G:SYD:(A;;FA;;;" + owner + ")")))));
    return kinds_.back();
  }

  struct Victim {
    FileId file, folder;
    std::u16string name;
  };
  fixtures::ImageBuilder& builder_;
  const std::uint64_t objects_;
  const std::uint32_t descriptor_ = Must(builder_.Intern(Must(security::FromSddl("O:BAG:SYD:(A;;FA;;;SY)"))));
  FileId filler_;
  std::vector<FileId> fillers_;
  std::vector<Victim> victims_;
  std::vector<std::uint32_t> kinds_;
};

std::uint64_t ObjectsWanted() {
  const char* wanted = std::getenv("ACLEDGER_CATALOG_OBJECTS");
  return wanted != nullptr ? std::stoull(wanted) : 20'000;
}

TEST_F(Equality, HoldsForAVolumeThatWasUsed) {
  const std::uint64_t objects = ObjectsWanted();
  UsedVolume(Make(UsedVolume::Bytes(objects)), objects).Make();
  const Catalog catalog = Read();
  const CatalogReport& report = catalog.Report();
  std::unordered_set<DescriptorPool::Number> descriptors;
  catalog.ForEach([&](const CatalogObject& object) { descriptors.insert(object.descriptor); });
  const auto device = Must(OpenBlockDevice(Path()));
  const std::size_t pieces = Must(Mft::Open(*device)).Contents().Runs().Runs().size();
  std::printf(
      "%llu objects, %llu names, %zu descriptors, $MFT in %zu pieces, %llu extension records, %llu free records\n",
      static_cast<unsigned long long>(report.objects), static_cast<unsigned long long>(report.names),
      descriptors.size(), pieces, static_cast<unsigned long long>(report.pass.used - report.objects),
      static_cast<unsigned long long>(report.pass.free));
  EXPECT_GE(report.objects, objects * 9 / 10);
  EXPECT_GE(descriptors.size(), std::min<std::uint64_t>(10'000, objects / 20));
  EXPECT_GT(pieces, objects / 1'000);
  EXPECT_GT(report.pass.free, objects / 20);
  EXPECT_GT(report.pass.used, report.objects);
  EXPECT_EQ(report.damage.Total(), 0u);
  EXPECT_TRUE(report.secure.IsSound());
  ExpectEqual(catalog);
  ExpectPathsLeadBack(catalog);
}

}  // namespace
}  // namespace acledger::scanner::ntfs
