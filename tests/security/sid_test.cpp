// SPDX-License-Identifier: MIT
#include "security/sid.h"

#include <gtest/gtest.h>

#include "security/file_id.h"

namespace acledger::security {
namespace {

TEST(SidTest, ReadsItsTextBackFromItsBytes) {
  const std::uint8_t bytes[] = {1, 2, 0, 0, 0, 0, 0, 5, 0x20, 0, 0, 0, 0x21, 2, 0, 0, 0xEE};
  auto sid = Sid::FromBytes(bytes);
  ASSERT_TRUE(sid.has_value());
  EXPECT_EQ(sid->ToString(), "S-1-5-32-545");
  EXPECT_EQ(*sid, Sid::Users());
  EXPECT_EQ(sid->Size(), 16u);
}

TEST(SidTest, RefusesBytesThatEndBeforeTheLastSubAuthority) {
  const std::uint8_t bytes[] = {1, 2, 0, 0, 0, 0, 0, 5, 0x20, 0, 0, 0, 0x21, 2, 0};
  auto sid = Sid::FromBytes(bytes);
  ASSERT_FALSE(sid.has_value());
  EXPECT_EQ(sid.error().kind, ErrorKind::kInvalid);
  EXPECT_FALSE(Sid::Fits(bytes));
}

TEST(SidTest, RefusesAnotherRevisionAndASixteenthSubAuthority) {
  std::uint8_t bytes[8 + 16 * 4] = {2, 1};
  EXPECT_FALSE(Sid::FromBytes(bytes).has_value());
  bytes[0] = 1;
  bytes[1] = 16;
  EXPECT_FALSE(Sid::FromBytes(bytes).has_value());
  bytes[1] = 15;
  EXPECT_TRUE(Sid::FromBytes(bytes).has_value());
}

TEST(SidTest, WritesAWideAuthorityInHexAndReadsItBack) {
  Sid sid = Sid::Make(0x123456789ABC, {7});
  EXPECT_EQ(sid.ToString(), "S-1-0x123456789abc-7");
  EXPECT_EQ(Sid::FromString(sid.ToString()), sid);
  EXPECT_EQ(sid.Authority(), 0x123456789ABCu);
}

TEST(SidTest, ReadsASmallAuthorityInHexToo) { EXPECT_EQ(Sid::FromString("S-1-0x000000000001-0"), Sid::Everyone()); }

TEST(SidTest, RefusesTextThatIsNotWhollyASid) {
  for (const char* text :
       {"", "S", "S-1", "S-1-", "S-2-5-18", "S-1-5-", "S-1-5-18-", "S-1-5-18 ", " S-1-5-18", "S-1-5--18", "S-1-5-+18",
        "S-1-5-4294967296", "S-1-4294967296-1", "S-1-0x5-18", "S-1-0x0000000000050-18", "S-1-5-0x12",
        "S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15-16", "BA"}) {
    EXPECT_FALSE(Sid::FromString(text).has_value()) << text;
  }
}

TEST(SidTest, TellsTheSidsOfOneMachineFromOthers) {
  auto user = *Sid::FromString("S-1-5-21-1-2-3-1001");
  auto machine = *Sid::FromString("S-1-5-21-1-2-3");
  auto elsewhere = *Sid::FromString("S-1-5-21-1-2-4-1001");
  EXPECT_TRUE(user.IsMachineRelative());
  EXPECT_FALSE(Sid::Users().IsMachineRelative());
  EXPECT_TRUE(user.SameDomain(machine));
  EXPECT_FALSE(user.SameDomain(elsewhere));
  EXPECT_FALSE(Sid::Users().SameDomain(Sid::Users()));
}

TEST(SidTest, OrdersEqualSidsEqualAndOthersNot) {
  EXPECT_EQ(Sid(), *Sid::FromString("S-1-0-0"));
  EXPECT_NE(Sid::Make(5, {1}), Sid::Make(5, {1, 0}));
  EXPECT_TRUE((Sid::Make(5, {1}) <=> Sid::Make(5, {2})) != std::strong_ordering::equal);
}

TEST(FileIdTest, WritesTheHighHalfOnlyWhereThereIsOne) {
  EXPECT_EQ((FileId{0x0005000000000005, 0}.ToString()), "0x0005000000000005");
  EXPECT_EQ((FileId{5, 1}.ToString()), "0x00000000000000010000000000000005");
}

}  // namespace
}  // namespace acledger::security
