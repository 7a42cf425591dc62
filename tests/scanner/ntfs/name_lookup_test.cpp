// SPDX-License-Identifier: MIT
#include "scanner/ntfs/name_lookup.h"

#include <gmock/gmock.h>

#include "scanner/ntfs/catalog_builder.h"
#include "tests/scanner/ntfs/memory_device.h"
#include "tests/scanner/ntfs/must.h"
#include "tests/scanner/ntfs/tiny_volume.h"

namespace acledger::scanner::ntfs {
namespace {

using format::Resident;
using testing::UnorderedElementsAre;

class NameLookupTest : public testing::Test {
 protected:
  const NameLookup& Read() {
    MemoryDevice device(volume_.Build());
    catalog_.emplace(Must(ReadCatalog(device, pool_)));
    lookup_.emplace(Must(NameLookup::Make(*catalog_)));
    return *lookup_;
  }
  std::vector<std::string> In(FileReference folder) const {
    std::vector<std::string> names;
    lookup_->ForEachChild(folder, [&](FileReference, const Catalog::Name& name) { names.emplace_back(name.text); });
    return names;
  }

  TinyVolume volume_;
  DescriptorPool pool_;
  std::optional<Catalog> catalog_;
  std::optional<NameLookup> lookup_;
  const FileReference kRoot = TinyVolume::kRoot;
};

TEST_F(NameLookupTest, LeadsFromAPathToItsObjectAndBack) {
  const FileReference users = volume_.AddFolder(50, u"Users", kRoot, 0);
  const FileReference dev = volume_.AddFolder(30, u"dev", users, 0);
  const FileReference file = volume_.AddFile(40, u"\u00E4.txt", dev, 0);
  const NameLookup& lookup = Read();
  EXPECT_EQ(Must(lookup.Find({})), kRoot);
  EXPECT_EQ(Must(lookup.Find({u"Users", u"dev", u"\u00E4.txt"})), file);
  EXPECT_EQ(Must(catalog_->PathOf(file)), "\\Users\\dev\\\xC3\xA4.txt");
  EXPECT_EQ(lookup.Orphans(), 0u);
}

TEST_F(NameLookupTest, IgnoresCaseWhereNoNameIsExactlyAlike) {
  const FileReference lower = volume_.AddFile(30, u"name", kRoot, 0);
  const FileReference upper = volume_.AddFile(31, u"NAME", kRoot, 0);
  const FileReference wide = volume_.AddFile(32, u"\u00C4", kRoot, 0);
  const NameLookup& lookup = Read();
  EXPECT_EQ(lookup.FindChild(kRoot, "name"), lower);
  EXPECT_EQ(lookup.FindChild(kRoot, "NAME"), upper);
  EXPECT_THAT(lookup.FindChild(kRoot, "Name"), testing::AnyOf(lower, upper));
  EXPECT_EQ(lookup.FindChild(kRoot, "\xC3\xA4"), wide);
  EXPECT_EQ(lookup.FindChild(kRoot, "nam"), std::nullopt);
}

TEST_F(NameLookupTest, FindsEveryHardLink) {
  const FileReference folder = volume_.AddFolder(30, u"folder", kRoot, 0);
  const FileReference file =
      volume_.Set({.number = 31, .links = 2}, {Resident(AttributeType::kFileName, format::Name(kRoot, u"one")),
                                               Resident(AttributeType::kFileName, format::Name(folder, u"two"))});
  const NameLookup& lookup = Read();
  EXPECT_EQ(lookup.FindChild(kRoot, "one"), file);
  EXPECT_EQ(lookup.FindChild(folder, "two"), file);
  EXPECT_THAT(In(kRoot), UnorderedElementsAre("folder", "one"));
  EXPECT_THAT(In(folder), UnorderedElementsAre("two"));
}

TEST_F(NameLookupTest, FindsNothingInWhatIsNotThere) {
  const FileReference file = volume_.AddFile(30, u"file", kRoot, 0);
  volume_.AddFile(31, u"in a file", file, 0);
  volume_.AddFile(32, u"in what was reused", FileReference::Of(5, 4), 0);
  volume_.AddFile(33, u"in nothing", FileReference::Of(60, 1), 0);
  volume_.AddFolder(34, u"circle", FileReference::Of(34, 1), 0);
  const NameLookup& lookup = Read();
  EXPECT_EQ(lookup.Orphans(), 3u);
  EXPECT_EQ(lookup.FindChild(file, "in a file"), std::nullopt);
  EXPECT_EQ(lookup.FindChild(FileReference::Of(5, 4), "file"), std::nullopt);
  EXPECT_EQ(lookup.FindChild(FileReference::Of(999, 1), "file"), std::nullopt);
  EXPECT_THAT(In(kRoot), UnorderedElementsAre("file"));
  const auto missing = lookup.Find({u"file", u"x"});
  ASSERT_EQ(Failure(missing), ErrorKind::kNotFound);
  EXPECT_EQ(missing.error().path, "\\file\\x");
}

}  // namespace
}  // namespace acledger::scanner::ntfs
