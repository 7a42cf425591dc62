// SPDX-License-Identifier: MIT
// Descriptors on a live volume: what is read is what is stored, what is written is the DACL and nothing else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "security/edit.h"
#include "tests/win32/scratch_folder.h"

namespace acledger::fixtures {
namespace {

using scanner::Access;
using security::DescriptorBytes;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kSandbox = "S-1-5-21-1-2-3-1001";

security::Entry Entry(std::uint8_t flags = 0) {
  return {security::Sid::FromString(kSandbox).value(), security::kFileReadAndExecute, flags};
}

// Writes the DACL of `sddl` to a new file that holds `before`, and says what the file holds then.
std::string AfterWriting(const char* before, const char* sddl) {
  const ScratchFolder scratch;
  scratch.MakeFile(u"file", before);
  auto file = OpenIn(scratch, u"file", Access::kWrite);
  file->WriteDacl(Sddl(sddl)).value();
  return SddlOf(*file);
}

TEST(Win32Descriptor, ComesBackAsItWasStored) {
  for (const char* sddl : {"O:SYG:BAD:(A;;FA;;;SY)(A;ID;0x1200a9;;;BU)", "O:BAG:SYD:PAI(D;;DC;;;WD)(A;;FA;;;BA)",
                           "O:S-1-5-21-7-8-9-1000G:BAD:AI(A;ID;FA;;;SY)", "O:BAG:BAD:P"}) {
    const ScratchFolder scratch;
    scratch.MakeFile(u"file", sddl);
    EXPECT_EQ(SddlOf(*OpenIn(scratch, u"file")), sddl);
  }
}

TEST(Win32Descriptor, IsReadWholeAlsoWhenItIsLarge) {
  const ScratchFolder scratch;
  std::string sddl = "O:BAG:BAD:P";
  for (int i = 0; i < 90; ++i) sddl += "(A;;FA;;;S-1-5-21-1-2-3-" + std::to_string(1000 + i) + ")";
  scratch.MakeFile(u"file", sddl.c_str());
  EXPECT_EQ(SddlOf(*OpenIn(scratch, u"file")), sddl);
}

TEST(Win32Descriptor, KeepsOwnerAndGroupWhenTheDaclIsWritten) {
  EXPECT_EQ(AfterWriting("O:SYG:BAD:P(A;;FA;;;SY)", "O:WDG:WDD:P(A;;FA;;;BA)"), "O:SYG:BAD:P(A;;FA;;;BA)");
}

TEST(Win32Descriptor, KeepsAutoInheritedWhenItIsWanted) {
  EXPECT_EQ(AfterWriting("O:BAG:BAD:AI(A;ID;FA;;;SY)", "O:BAG:BAD:AI(A;ID;FA;;;BA)"), "O:BAG:BAD:AI(A;ID;FA;;;BA)");
}

TEST(Win32Descriptor, LosesAutoInheritedWhenItIsNotWanted) {
  EXPECT_EQ(AfterWriting("O:BAG:BAD:AI(A;ID;FA;;;SY)", "O:BAG:BAD:(A;;FA;;;BA)"), "O:BAG:BAD:(A;;FA;;;BA)");
}

TEST(Win32Descriptor, DoesNotStoreTheRequestForAutoInheritance) {
  EXPECT_THAT(AfterWriting("O:BAG:BAD:(A;;FA;;;SY)", "O:BAG:BAD:AI(A;;FA;;;BA)"), Not(HasSubstr("AR")));
}

TEST(Win32Descriptor, IsProtectedAndUnprotectedWithItsDacl) {
  EXPECT_EQ(AfterWriting("O:BAG:BAD:(A;;FA;;;SY)", "O:BAG:BAD:PAI(A;;FA;;;BA)"), "O:BAG:BAD:PAI(A;;FA;;;BA)");
  EXPECT_EQ(AfterWriting("O:BAG:BAD:PAI(A;;FA;;;SY)", "O:BAG:BAD:(A;;FA;;;BA)"), "O:BAG:BAD:(A;;FA;;;BA)");
}

TEST(Win32Descriptor, KeepsInheritedEntriesOfAProtectedDacl) {
  EXPECT_EQ(AfterWriting("O:BAG:BAD:(A;;FA;;;SY)", "O:BAG:BAD:P(A;ID;FA;;;BA)"), "O:BAG:BAD:P(A;ID;FA;;;BA)");
}

TEST(Win32Descriptor, TellsANullDaclFromAnEmptyOne) {
  const ScratchFolder scratch;
  scratch.MakeFile(u"null", "O:BAG:BAD:NO_ACCESS_CONTROL");
  scratch.MakeFile(u"empty", "O:BAG:BAD:");
  const DescriptorBytes null = BytesOf(*OpenIn(scratch, u"null"));
  const DescriptorBytes empty = BytesOf(*OpenIn(scratch, u"empty"));
  EXPECT_TRUE(security::DescriptorView::Parse(null).value().HasNullDacl());
  ASSERT_FALSE(security::DescriptorView::Parse(empty).value().HasNullDacl());
  EXPECT_EQ(security::DescriptorView::Parse(empty).value().Dacl()->AceCount(), 0u);
}

// Grants on a folder that holds `original`, takes it back, and expects each descriptor as it was written.
void GrantAndReturn(const DescriptorBytes& original) {
  const ScratchFolder scratch;
  scratch.MakeFolder(u"folder");
  scratch.Store(u"folder", original);
  auto folder = OpenIn(scratch, u"folder", Access::kWrite);
  const DescriptorBytes before = BytesOf(*folder);
  ASSERT_TRUE(security::SameSecurity(before, original));
  const DescriptorBytes after = security::AddEntry(before, Entry(security::kObjectInherit)).value().bytes;
  ASSERT_TRUE(folder->WriteDacl(after));
  EXPECT_TRUE(security::SameSecurity(BytesOf(*folder), after));
  ASSERT_TRUE(folder->WriteDacl(before));
  EXPECT_EQ(BytesOf(*folder), before);
}

TEST(Win32Descriptor, IsTheSameAgainAfterAGrantAndItsReturn) {
  for (const char* sddl : {"O:BAG:BAD:PAI(D;;DC;;;WD)(A;OICI;FA;;;BA)", "O:BAG:BAD:AI(A;ID;FA;;;SY)(D;ID;DC;;;WD)",
                           "O:BAG:BAD:(A;;FA;;;SY)(D;;FA;;;WD)(A;;FA;;;BA)", "O:BAG:BAD:"})
    GrantAndReturn(Sddl(sddl));
}

TEST(Win32Descriptor, KeepsEntriesOfEveryTypeThroughAGrantAndItsReturn) {
  for (const int type : {0x04, 0x05, 0x06, 0x09, 0x0A, 0x0B, 0x7F}) {
    security::DescriptorParts parts;
    parts.control = security::kSelfRelative | security::kDaclAutoInherited;
    parts.owner = parts.group = security::Sid::Administrators();
    parts.dacl_state = security::DescriptorParts::AclState::kPresent;
    DescriptorBytes opaque = {static_cast<std::uint8_t>(type), 0, 24, 0, 0xA9, 0, 0x12, 0};
    for (std::uint8_t i = 0; i < 16; ++i) opaque.push_back(i);
    parts.dacl = {opaque,
                  MakeAce(security::AceType::kAccessAllowed, 0, security::kFileAllAccess, security::Sid::System())};
    SCOPED_TRACE(type);
    GrantAndReturn(security::Build(parts).value());
  }
}

TEST(Win32Descriptor, IsNotWrittenThroughAHandleForReading) {
  const ScratchFolder scratch;
  scratch.MakeFile(u"file");
  auto file = OpenIn(scratch, u"file", Access::kRead);
  const auto written = file->WriteDacl(Sddl("O:BAG:BAD:P(A;;FA;;;SY)"));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, ErrorKind::kDenied);
}

TEST(Win32Descriptor, IsRefusedWhenMalformed) {
  const ScratchFolder scratch;
  scratch.MakeFile(u"file");
  auto file = OpenIn(scratch, u"file", Access::kWrite);
  const std::uint64_t writes = TestVolume().Counters().descriptor_writes;
  const auto written = file->WriteDacl(DescriptorBytes(7));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(TestVolume().Counters().descriptor_writes, writes + 1);
}

TEST(Win32Descriptor, IsReachedWithBackupPrivilegesWhereTheDaclDeniesAll) {
  const ScratchFolder scratch;
  scratch.MakeFile(u"closed", "O:WDG:WDD:P");
  auto file = OpenIn(scratch, u"closed", Access::kWrite);
  ASSERT_TRUE(file->WriteDacl(Sddl("O:WDG:WDD:P(A;;FA;;;SY)")));
  EXPECT_EQ(SddlOf(*file), "O:WDG:WDD:P(A;;FA;;;SY)");
}

TEST(Win32Descriptor, IsTheSameForEveryOneOfSeveralReaders) {
  const ScratchFolder scratch;
  constexpr int kFiles = 200, kReaders = 4;
  std::vector<std::u16string> names;
  for (int i = 0; i < kFiles; ++i) {
    names.push_back({u'f', static_cast<char16_t>(u'a' + i % 26), static_cast<char16_t>(u'a' + i / 26)});
    scratch.MakeFile(names.back(), ("O:BAG:BAD:P(A;;FA;;;S-1-5-21-1-2-3-" + std::to_string(i) + ")").c_str());
  }
  std::vector<std::vector<DescriptorBytes>> seen(kReaders);
  std::vector<std::thread> readers;
  for (auto& mine : seen)
    readers.emplace_back([&] {
      auto folder = OpenIn(scratch, u"");
      for (const auto& name : names) mine.push_back(BytesOf(*folder->OpenChild(name, Access::kRead).value()));
    });
  for (std::thread& reader : readers) reader.join();
  for (const auto& mine : seen) EXPECT_EQ(mine, seen[0]);
  for (int i = 0; i < kFiles; ++i)
    EXPECT_TRUE(security::SameSecurity(seen[0][static_cast<std::size_t>(i)],
                                       Sddl("O:BAG:BAD:P(A;;FA;;;S-1-5-21-1-2-3-" + std::to_string(i) + ")")));
}

}  // namespace
}  // namespace acledger::fixtures
