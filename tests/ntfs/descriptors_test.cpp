// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <random>

#include "security/edit.h"
#include "tests/ntfs/test_image.h"
#include "tools/fixtures/descriptor_kinds.h"

namespace acledger::scanner {
namespace {

using fixtures::OddDescriptor;
using security::DescriptorBytes;

std::vector<OddDescriptor> AllKinds() {
  std::vector<OddDescriptor> kinds = fixtures::OddDescriptors();
  kinds.push_back({"no owner", fixtures::WithoutOwner()});
  return kinds;
}

std::u16string Wide(const std::string& name) { return {name.begin(), name.end()}; }

const security::Entry kEntry{security::Sid::Make(5, {80, 1, 2, 3, 4, 5}), security::kFileReadAndExecute, 0};

using DescriptorsTest = TestImage;

TEST_F(DescriptorsTest, GivesEveryKindBackByteForByte) {
  std::vector<FileId> ids;
  for (const auto& kind : AllKinds()) ids.push_back(AddFile(Wide(kind.name), kind.bytes));
  const auto volume = OpenVolume(true);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    SCOPED_TRACE(AllKinds()[i].name);
    EXPECT_EQ(Read(*Must(volume->OpenById(ids[i], Access::kRead))), AllKinds()[i].bytes);
  }
}

TEST_F(DescriptorsTest, TakesAnEntryOnEveryKindAndGivesEverySecurityIdBack) {
  std::vector<FileId> ids;
  for (const auto& kind : AllKinds()) ids.push_back(AddFile(Wide(kind.name), kind.bytes));
  const std::string before = SecurityIds();
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto added = security::AddEntry(AllKinds()[i].bytes, kEntry);
    if (!added) continue;  // A NULL DACL takes none.
    SCOPED_TRACE(AllKinds()[i].name);
    WriteOnce(ids[i], added->bytes);
    EXPECT_EQ(Read(*Must(OpenVolume(true)->OpenById(ids[i], Access::kRead))), added->bytes);
    WriteOnce(ids[i], AllKinds()[i].bytes);
  }
  EXPECT_EQ(SecurityIds(), before);
}

TEST_F(DescriptorsTest, KeepsAutoInheritedAsItIs) {
  const DescriptorBytes inherited = Sddl("O:BAG:SYD:AI(A;ID;FA;;;SY)");
  const FileId id = AddFile(u"a", inherited);
  WriteOnce(id, Must(security::AddEntry(inherited, kEntry)).bytes);
  const DescriptorBytes now = Read(*Must(OpenVolume(true)->OpenById(id, Access::kRead)));
  const auto view = Must(security::DescriptorView::Parse(now));
  EXPECT_EQ(view.Control() & (security::kDaclAutoInherited | security::kDaclAutoInheritReq),
            security::kDaclAutoInherited);
}

TEST_F(DescriptorsTest, TellsDescriptorsWithOneHashApart) {
  // Words that change by 8 and by -1 in the next word cancel out in the rotating sum.
  DescriptorBytes one = Sddl("O:BAG:SYD:(A;;FA;;;S-1-5-21-100-200-300-400)");
  DescriptorBytes other = Sddl("O:BAG:SYD:(A;;FA;;;S-1-5-21-101-192-300-400)");
  ASSERT_EQ(ntfs3g::SecurityHash(one), ntfs3g::SecurityHash(other));
  const FileId first = AddFile(u"one", one), second = AddFile(u"other", other);
  EXPECT_NE(SecurityIdOf(first), SecurityIdOf(second));
  const auto volume = OpenVolume(true);
  EXPECT_EQ(Read(*Must(volume->OpenById(first, Access::kRead))), one);
  EXPECT_EQ(Read(*Must(volume->OpenById(second, Access::kRead))), other);
}

TEST_F(DescriptorsTest, StoresWhatWasPreparedOnce) {
  const DescriptorBytes plain = Sddl("O:BAG:SYD:(A;;FA;;;SY)");
  const DescriptorBytes after = Must(security::AddEntry(plain, kEntry)).bytes;
  const FileId id = AddFile(u"a", plain);
  const std::uint32_t before = SecurityIdOf(id);
  {
    const auto volume = OpenVolume();
    const std::vector<security::Bytes> coming{after, after, plain};
    Must(volume->PrepareDescriptors(coming));
    Must(Must(volume->OpenById(id, Access::kWrite))->WriteDacl(after));
  }
  EXPECT_EQ(SecurityIdOf(id), before + 1);
}

// Fills more than one block of $SDS and splits the blocks of its indexes.
TEST_F(DescriptorsTest, KeepsThousandsOfDescriptorsInAnAuditedStore) {
  std::vector<std::pair<FileId, DescriptorBytes>> files;
  for (std::uint32_t i = 0; i < 3'000; ++i) {
    const DescriptorBytes bytes = Sddl("O:BAG:SYD:(A;;FA;;;SY)(A;;FR;;;S-1-5-21-1-2-3-" + std::to_string(i) + ")");
    files.emplace_back(AddFile(u"f" + Wide(std::to_string(i)), bytes), bytes);
  }
  const auto volume = OpenVolume(true);
  for (const auto& [id, bytes] : files) ASSERT_EQ(Read(*Must(volume->OpenById(id, Access::kRead))), bytes);
  const Audit audit = SecAudit();
  EXPECT_THAT(audit.text, testing::HasSubstr("No errors were found"));
}

TEST_F(DescriptorsTest, StandsAThousandRandomEditsAndTheirWayBack) {
  std::vector<std::pair<FileId, DescriptorBytes>> files;
  for (const auto& kind : fixtures::OddDescriptors())
    files.emplace_back(AddFile(Wide(kind.name), kind.bytes), kind.bytes);
  const std::string before = SecurityIds();
  std::mt19937 random(7);
  {
    const auto volume = OpenVolume();
    for (int i = 0; i < 1'000; ++i) {
      const auto& [id, original] = files[random() % files.size()];
      const auto file = Must(volume->OpenById(id, Access::kWrite));
      security::Entry entry = kEntry;
      entry.mask = security::kFileReadData << (random() % 8);
      const auto added = security::AddEntry(random() % 2 == 0 ? Read(*file) : original, entry);
      if (added) Must(file->WriteDacl(added->bytes));
    }
    for (const auto& [id, original] : files) Must(Must(volume->OpenById(id, Access::kWrite))->WriteDacl(original));
  }
  EXPECT_EQ(SecurityIds(), before);
  EXPECT_THAT(SecAudit().text, testing::HasSubstr("No errors were found"));
}

}  // namespace
}  // namespace acledger::scanner
