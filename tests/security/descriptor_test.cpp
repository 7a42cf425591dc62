// SPDX-License-Identifier: MIT
#include "security/descriptor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "descriptor_text.h"

namespace acledger::security {
namespace {

using ::testing::HasSubstr;

// Owner S-1-5-18 at 20, group the same at 32, DACL at 44 with one ACE of 20 bytes and 4 bytes of slack.
DescriptorBytes Literal() {
  return {1, 0, 4,  0x80, 20,   0, 0,    0, 32, 0, 0, 0, 0, 0, 0, 0, 44, 0, 0, 0,  //
          1, 1, 0,  0,    0,    0, 0,    5, 18, 0, 0, 0,                           //
          1, 1, 0,  0,    0,    0, 0,    5, 18, 0, 0, 0,                           //
          2, 0, 32, 0,    1,    0, 0,    0,                                        //
          0, 3, 20, 0,    0xA9, 0, 0x12, 0, 1,  1, 0, 0, 0, 0, 0, 1, 0,  0, 0, 0, 0xEE, 0xEE, 0xEE, 0xEE};
}

std::string Reason(Bytes bytes) {
  auto view = DescriptorView::Parse(bytes);
  return view ? "accepted" : view.error().ToString();
}

TEST(DescriptorTest, ReadsALiteralDescriptor) {
  DescriptorBytes bytes = Literal();
  auto view = DescriptorView::Parse(bytes);
  ASSERT_TRUE(view.has_value()) << view.error().ToString();
  EXPECT_EQ(view->Owner(), Sid::System());
  EXPECT_EQ(view->Group(), Sid::System());
  ASSERT_TRUE(view->Dacl().has_value());
  EXPECT_EQ(view->Dacl()->AceCount(), 1u);
  EXPECT_EQ((*view->Dacl()->begin()).TrusteeSid(), Sid::Everyone());
  EXPECT_EQ(view->Dacl()->AsBytes().size(), 32u);
  EXPECT_FALSE(view->Sacl().has_value());
}

TEST(DescriptorTest, RefusesTruncationAtEveryByte) {
  DescriptorBytes bytes = Literal();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    DescriptorBytes cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(DescriptorView::Parse(cut).has_value()) << size;
  }
}

TEST(DescriptorTest, RefusesABadHeaderWithItsPlace) {
  DescriptorBytes bytes = Literal();
  bytes[0] = 2;
  EXPECT_THAT(Reason(bytes), HasSubstr("byte 0"));
  bytes = Literal();
  bytes[3] = 0;
  EXPECT_THAT(Reason(bytes), HasSubstr("self-relative"));
}

TEST(DescriptorTest, RefusesAComponentInsideTheHeaderOrOutsideTheBytes) {
  DescriptorBytes bytes = Literal();
  bytes[4] = 19;
  EXPECT_THAT(Reason(bytes), HasSubstr("owner at byte 19"));
  bytes = Literal();
  bytes[16] = 76;
  EXPECT_THAT(Reason(bytes), HasSubstr("DACL at byte 76"));
  bytes = Literal();
  bytes[11] = 0x80;  // Group at 0x80000020.
  EXPECT_THAT(Reason(bytes), HasSubstr("group at byte 2147483680"));
}

TEST(DescriptorTest, RefusesAMalformedAclWithTheAce) {
  DescriptorBytes bytes = Literal();
  bytes[54] = 3;  // AceSize, no multiple of four.
  EXPECT_THAT(Reason(bytes), HasSubstr("ACE 0"));
  bytes = Literal();
  bytes[54] = 0;
  EXPECT_THAT(Reason(bytes), HasSubstr("ACE 0"));
  bytes = Literal();
  bytes[54] = 28;  // Beyond AclSize.
  EXPECT_THAT(Reason(bytes), HasSubstr("ACE 0"));
  bytes = Literal();
  bytes[48] = 3;  // AceCount: the third begins behind the end.
  EXPECT_THAT(Reason(bytes), HasSubstr("ACE 1"));
  bytes = Literal();
  bytes[44] = 5;  // AclRevision.
  EXPECT_THAT(Reason(bytes), HasSubstr("revision is 5"));
}

TEST(DescriptorTest, TakesAPresentDaclAtOffsetZeroForNull) {
  DescriptorBytes bytes = Literal();
  bytes[16] = 0;
  EXPECT_TRUE(View(bytes).HasNullDacl());
}

TEST(DescriptorTest, IgnoresTheOffsetOfADaclThatIsNotPresent) {
  DescriptorBytes bytes = Literal();
  bytes[2] = 0;
  bytes[17] = 0xFF;
  EXPECT_TRUE(View(bytes).HasNullDacl());
}

TEST(DescriptorTest, BuildsTheLayoutOfWindowsTools) {
  DescriptorParts parts;
  parts.owner = Sid::System();
  parts.group = Sid::Users();
  parts.dacl_state = DescriptorParts::AclState::kPresent;
  parts.dacl = {MakeAce(AceType::kAccessAllowed, 0, kFileAllAccess, Sid::System())};
  parts.sacl_state = DescriptorParts::AclState::kPresent;
  auto bytes = Build(parts);
  ASSERT_TRUE(bytes.has_value());
  EXPECT_EQ((*bytes)[12], 20);  // SACL
  EXPECT_EQ((*bytes)[16], 28);  // DACL
  EXPECT_EQ((*bytes)[4], 56);   // owner
  EXPECT_EQ((*bytes)[8], 68);   // group
  EXPECT_EQ(View(*bytes).Control(), kSelfRelative | kDaclPresent | kSaclPresent);
}

TEST(DescriptorTest, RaisesTheRevisionOfAnAclWithAnObjectAce) {
  DescriptorParts parts;
  parts.dacl_state = DescriptorParts::AclState::kPresent;
  parts.dacl = {{5, 0, 4, 0}};
  EXPECT_EQ(View(*Build(parts)).Dacl()->Revision(), 4);
}

TEST(DescriptorTest, RefusesToBuildAnAceThatLiesAboutItsSize) {
  DescriptorParts parts;
  parts.dacl_state = DescriptorParts::AclState::kPresent;
  parts.dacl = {{0, 0, 8, 0}};
  EXPECT_EQ(KindOf(Build(parts)), ErrorKind::kInvalid);
}

TEST(DescriptorTest, BuildsUpTo65532BytesOfAcl) {
  DescriptorParts parts;
  parts.dacl_state = DescriptorParts::AclState::kPresent;
  parts.dacl.assign((kMaxAclBytes - 8) / 4, {0, 0, 4, 0});
  EXPECT_TRUE(Build(parts).has_value());
  parts.dacl.push_back({0, 0, 4, 0});
  EXPECT_EQ(KindOf(Build(parts)), ErrorKind::kTooLarge);
}

TEST(SameSecurityTest, IgnoresLayoutSlackAndTheSacl) {
  DescriptorBytes laid_out_otherwise = FromText("O:SYG:SYD:(A;OICI;0x1200a9;;;WD)S:(AU;SA;FA;;;WD)");
  EXPECT_TRUE(SameSecurity(Literal(), laid_out_otherwise));
}

TEST(SameSecurityTest, SeesEveryDifferenceThatMatters) {
  DescriptorBytes base = FromText("O:SYG:SYD:(A;;FR;;;WD)(A;;FX;;;WD)");
  for (const char* other :
       {"O:BAG:SYD:(A;;FR;;;WD)(A;;FX;;;WD)", "O:SYG:BAD:(A;;FR;;;WD)(A;;FX;;;WD)", "O:SYD:(A;;FR;;;WD)(A;;FX;;;WD)",
        "O:SYG:SYD:P(A;;FR;;;WD)(A;;FX;;;WD)", "O:SYG:SYD:AI(A;;FR;;;WD)(A;;FX;;;WD)", "O:SYG:SYD:(A;;FR;;;WD)",
        "O:SYG:SYD:(A;;FX;;;WD)(A;;FR;;;WD)", "O:SYG:SYD:(A;ID;FR;;;WD)(A;;FX;;;WD)", "O:SYG:SYD:", "O:SYG:SY"}) {
    EXPECT_FALSE(SameSecurity(base, FromText(other))) << other;
    EXPECT_FALSE(SameSecurity(FromText(other), base)) << other;
  }
  EXPECT_TRUE(SameSecurity(base, FromText("O:SYG:SYD:AR(A;;FR;;;WD)(A;;FX;;;WD)")));
}

TEST(SameSecurityTest, TellsAnEmptyDaclFromANullOne) {
  EXPECT_FALSE(SameSecurity(FromText("O:SYD:"), FromText("O:SYD:NO_ACCESS_CONTROL")));
  EXPECT_TRUE(SameSecurity(FromText("O:SY"), FromText("O:SYD:NO_ACCESS_CONTROL")));
}

TEST(SameSecurityTest, TakesMalformedBytesAsEqualOnlyToThemselves) {
  DescriptorBytes junk{1, 2, 3};
  EXPECT_TRUE(SameSecurity(junk, junk));
  EXPECT_FALSE(SameSecurity(junk, DescriptorBytes{1, 2, 4}));
  EXPECT_FALSE(SameSecurity(junk, Literal()));
}

}  // namespace
}  // namespace acledger::security
