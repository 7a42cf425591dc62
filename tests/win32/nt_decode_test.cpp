// SPDX-License-Identifier: MIT
// Portable: what Wine cannot make (reparse points, wide ids, unpaired surrogates, broken buffers), as bytes.
#include "scanner/win32/nt_decode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "security/little_endian.h"

namespace acledger::scanner::nt {
namespace {

struct RawEntry {
  std::u16string name;
  std::uint32_t attributes = 0, tag = 0, ea_size = 0;
  std::uint64_t id_low = 0, id_high = 0;
};

void Append(std::vector<std::uint8_t>& bytes, std::u16string_view name) {
  for (const char16_t unit : name) {
    bytes.push_back(static_cast<std::uint8_t>(unit));
    bytes.push_back(static_cast<std::uint8_t>(unit >> 8));
  }
}

void Store64(std::uint8_t* at, std::uint64_t value) {
  security::StoreU32(at, value & 0xFFFFFFFFu);
  security::StoreU32(at + 4, value >> 32);
}

std::vector<std::uint8_t> Encode(ListingClass what, const std::vector<RawEntry>& entries) {
  const bool wide = what == ListingClass::kIdExtd;
  std::vector<std::uint8_t> buffer;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    std::vector<std::uint8_t> entry(wide ? 88 : 104);
    security::StoreU32(&entry[56], entries[i].attributes);
    security::StoreU32(&entry[60], entries[i].name.size() * 2);
    security::StoreU32(&entry[64], wide ? entries[i].ea_size : entries[i].ea_size | entries[i].tag);
    if (wide) security::StoreU32(&entry[68], entries[i].tag);
    Store64(&entry[wide ? 72 : 96], entries[i].id_low);
    if (wide) Store64(&entry[80], entries[i].id_high);
    Append(entry, entries[i].name);
    if (i + 1 < entries.size()) {
      entry.resize((entry.size() + 7) / 8 * 8);
      security::StoreU32(entry.data(), entry.size());
    }
    buffer.insert(buffer.end(), entry.begin(), entry.end());
  }
  return buffer;
}

constexpr std::uint32_t kJunctionTag = 0xA0000003, kSymlinkTag = 0xA000000C, kOneDriveTag = 0x9000601A,
                        kWslSymlinkTag = 0xA000001D;

TEST(NtDecode, ReadsBothKindsOfListing) {
  for (const ListingClass what : {ListingClass::kIdBoth, ListingClass::kIdExtd}) {
    const auto buffer = Encode(what, {{u"."}, {u".."}, {u"a", 0x10, 0, 0, 5}, {u"bc", 0x20, 0, 0, 0x7000000000006}});
    std::vector<ListedName> names;
    const auto run = DecodeListing(buffer, what, names).value();
    ASSERT_EQ(run.size(), 2u);
    EXPECT_EQ(run[0].name, u"a");
    EXPECT_EQ(run[0].attributes, 0x10u);
    EXPECT_EQ(run[1].name, u"bc");
    EXPECT_EQ(run[1].id, (FileId{0x7000000000006, 0}));
  }
}

TEST(NtDecode, KeepsWideIds) {
  const auto buffer = Encode(ListingClass::kIdExtd, {{u"a", 0, 0, 0, 1, 2}});
  std::vector<ListedName> names;
  EXPECT_EQ(DecodeListing(buffer, ListingClass::kIdExtd, names).value()[0].id, (FileId{1, 2}));
}

TEST(NtDecode, TakesTheTagOfAJunctionFromEitherListing) {
  for (const ListingClass what : {ListingClass::kIdBoth, ListingClass::kIdExtd}) {
    const auto buffer = Encode(what, {{u"j", kAttributeReparsePoint | 0x10, kJunctionTag}});
    std::vector<ListedName> names;
    EXPECT_EQ(DecodeListing(buffer, what, names).value()[0].reparse_tag, kJunctionTag);
  }
}

TEST(NtDecode, DoesNotTakeTheSizeOfExtendedAttributesForATag) {
  const auto buffer = Encode(ListingClass::kIdBoth, {{u"a", 0x20, 0, 77}});
  std::vector<ListedName> names;
  EXPECT_EQ(DecodeListing(buffer, ListingClass::kIdBoth, names).value()[0].reparse_tag, 0u);
}

TEST(NtDecode, KeepsUnpairedSurrogates) {
  const std::u16string name{0xD800, u'x', 0xDC00};
  const auto buffer = Encode(ListingClass::kIdExtd, {{name}});
  std::vector<ListedName> names;
  EXPECT_EQ(DecodeListing(buffer, ListingClass::kIdExtd, names).value()[0].name, name);
}

TEST(NtDecode, UsesTheRoomOfEarlierRunsAgain) {
  std::vector<ListedName> names;
  const auto first = Encode(ListingClass::kIdExtd, {{u"one"}, {u"two"}, {u"three"}});
  ASSERT_EQ(DecodeListing(first, ListingClass::kIdExtd, names).value().size(), 3u);
  const auto second = Encode(ListingClass::kIdExtd, {{u"4"}});
  const auto run = DecodeListing(second, ListingClass::kIdExtd, names).value();
  ASSERT_EQ(run.size(), 1u);
  EXPECT_EQ(run[0].name, u"4");
}

TEST(NtDecode, RefusesEntriesThatLeaveTheBuffer) {
  for (const ListingClass what : {ListingClass::kIdBoth, ListingClass::kIdExtd}) {
    const auto whole = Encode(what, {{u"abc"}, {u"def"}});
    std::vector<ListedName> names;
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const std::vector<std::uint8_t> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      const auto run = DecodeListing(cut, what, names);
      ASSERT_FALSE(run) << size;
      EXPECT_EQ(run.error().kind, ErrorKind::kCorrupt);
    }
  }
}

TEST(NtDecode, ReadsHardLinks) {
  std::vector<std::uint8_t> buffer(8);
  security::StoreU32(&buffer[4], 2);
  for (const bool last : {false, true}) {
    std::vector<std::uint8_t> entry(20);
    Store64(&entry[8], last ? 6 : 5);
    security::StoreU32(&entry[16], 2);
    Append(entry, last ? u"zz" : u"ab");
    if (!last) security::StoreU32(entry.data(), entry.size());
    buffer.insert(buffer.end(), entry.begin(), entry.end());
  }
  const auto links = DecodeLinks(buffer).value();
  ASSERT_EQ(links.size(), 2u);
  EXPECT_EQ(links[0].parent.low, 5u);
  EXPECT_EQ(links[1].name, u"zz");
  for (std::size_t size = 0; size < buffer.size(); ++size)
    EXPECT_FALSE(DecodeLinks(security::Bytes(buffer).first(size))) << size;
}

TEST(NtDecode, AcceptsOneComponentOnly) {
  for (const std::u16string_view bad : {u"", u".", u"..", u"a\\b", u"a/b", u"a:b"}) EXPECT_FALSE(CheckComponent(bad));
  EXPECT_FALSE(CheckComponent(std::u16string_view(u"a\0b", 3)));
  EXPECT_FALSE(CheckComponent(std::u16string(40000, u'a')));
  for (const std::u16string_view good : {u"...", u"a.", u"a ", u" ", u"con", u"a*b"}) EXPECT_TRUE(CheckComponent(good));
}

TEST(NtDecode, EntersCloudFoldersAndNothingThatLeadsElsewhere) {
  EXPECT_TRUE(MayHaveChildren(kOneDriveTag));
  for (const std::uint32_t tag : {kJunctionTag, kSymlinkTag, kWslSymlinkTag, 0u}) EXPECT_FALSE(MayHaveChildren(tag));
}

TEST(NtDecode, PassesAutoInheritedOnlyTogetherWithItsRequest) {
  using namespace security;
  EXPECT_EQ(ControlForWrite(kDaclAutoInherited, false),
            kSelfRelative | kDaclPresent | kDaclAutoInherited | kDaclAutoInheritReq);
  EXPECT_EQ(ControlForWrite(kDaclAutoInherited, true), kSelfRelative | kDaclPresent | kDaclAutoInherited);
  EXPECT_EQ(ControlForWrite(kDaclAutoInheritReq | kDaclProtected, false),
            kSelfRelative | kDaclPresent | kDaclProtected);
}

TEST(NtDecode, NeverAsksForARewrittenAcl) {
  const std::uint16_t control = ControlForWrite(0xFFFF, false);
  EXPECT_EQ(control & (security::kServerSecurity | security::kDaclTrusted), 0);
}

}  // namespace
}  // namespace acledger::scanner::nt
