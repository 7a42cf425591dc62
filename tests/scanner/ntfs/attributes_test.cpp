// SPDX-License-Identifier: MIT
#include "scanner/ntfs/attributes.h"

#include <gmock/gmock.h>

#include "tests/scanner/ntfs/format.h"

namespace acledger::scanner::ntfs {
namespace {

using format::ByteVector;

TEST(StandardInformation, HasASecurityIdInTheNewForm) {
  const auto information = StandardInformation::Parse(format::Information(0x2020, 300));
  ASSERT_TRUE(information);
  EXPECT_EQ(information->attributes, 0x2020u);
  EXPECT_EQ(information->security_id, 300u);
}

TEST(StandardInformation, HasNoneInTheOldForm) {
  const auto information = StandardInformation::Parse(format::Information(6, std::nullopt));
  ASSERT_TRUE(information);
  EXPECT_EQ(information->attributes, 6u);
  EXPECT_EQ(information->security_id, 0u);
}

TEST(StandardInformation, HasNoOtherForm) {
  for (const std::size_t size : {0u, 47u, 49u, 71u}) EXPECT_FALSE(StandardInformation::Parse(ByteVector(size))) << size;
  EXPECT_TRUE(StandardInformation::Parse(ByteVector(80)));
}

TEST(FileName, KeepsEveryUnit) {
  const std::u16string name = {u'a', 0xD800, 0x00E9, u'z'};
  const ByteVector value = format::Name(FileReference::Of(5, 7), name, FileName::Space::kPosix);
  const auto parsed = FileName::Parse(value);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->ToUtf16(), name);
  EXPECT_EQ(parsed->parent, FileReference::Of(5, 7));
  EXPECT_FALSE(parsed->IsDosOnly());
  const ByteVector dos = format::Name({}, u"LONG~1", FileName::Space::kDos);
  EXPECT_TRUE(FileName::Parse(dos)->IsDosOnly());
}

TEST(FileName, RefusesWhatIsNoName) {
  ByteVector value = format::Name(FileReference::Of(5, 5), u"name");
  EXPECT_FALSE(FileName::Parse(Bytes(value).first(value.size() - 1)));
  EXPECT_FALSE(FileName::Parse(Bytes(value).first(65)));
  value[65] = 4;
  EXPECT_FALSE(FileName::Parse(value));
  value[65] = 1, value[64] = 0;
  EXPECT_FALSE(FileName::Parse(value));
}

TEST(ListedAttribute, TellsWhereEachAttributeLies) {
  const auto list =
      ListedAttribute::ParseAll(format::List({{AttributeType::kStandardInformation, FileReference::Of(30, 2)},
                                              {AttributeType::kData, FileReference::Of(31, 3), 77, u"stream"}}));
  ASSERT_TRUE(list);
  ASSERT_EQ(list->size(), 2u);
  EXPECT_EQ((*list)[0].type, AttributeType::kStandardInformation);
  EXPECT_EQ((*list)[0].record, FileReference::Of(30, 2));
  EXPECT_FALSE((*list)[0].has_name);
  EXPECT_EQ((*list)[1].lowest_vcn, 77u);
  EXPECT_TRUE((*list)[1].has_name);
}

TEST(ListedAttribute, RefusesAListThatRunsPastItsEnd) {
  ByteVector list = format::List({{AttributeType::kData, FileReference::Of(31, 3)}});
  for (const std::size_t length : {0u, 16u, 27u, 40u, 65535u}) {
    format::Put16(list, 4, length);
    EXPECT_FALSE(ListedAttribute::ParseAll(list)) << length;
  }
  format::Put16(list, 4, 32);
  EXPECT_TRUE(ListedAttribute::ParseAll(list));
  list[6] = 4;
  EXPECT_FALSE(ListedAttribute::ParseAll(list));
}

TEST(ParseReparseTag, WantsAHeader) {
  EXPECT_EQ(ParseReparseTag(format::Reparse(0xA0000003)), 0xA0000003u);
  EXPECT_FALSE(ParseReparseTag(format::Reparse(0)));
  EXPECT_FALSE(ParseReparseTag(ByteVector(7, 1)));
}

TEST(HasName, ComparesTheWholeName) {
  const ByteVector bytes = format::Resident(AttributeType::kData, {}, u"$SDS");
  const AttributeView attribute(bytes.data());
  EXPECT_TRUE(HasName(attribute, "$SDS"));
  EXPECT_FALSE(HasName(attribute, "$SD"));
  EXPECT_FALSE(HasName(attribute, "$SDX"));
  EXPECT_FALSE(HasName(attribute, ""));
}

}  // namespace
}  // namespace acledger::scanner::ntfs
