// SPDX-License-Identifier: MIT
#include "security/ace.h"

#include <gtest/gtest.h>

#include "security/descriptor.h"

namespace acledger::security {
namespace {

// The body of an object ACE with that many GUIDs, then the SID of Everyone.
DescriptorBytes ObjectAce(std::uint8_t type, std::uint8_t guids_present) {
  DescriptorBytes ace{type, 0, 0, 0, 0xA9, 0, 0x12, 0, guids_present, 0, 0, 0};
  ace.insert(ace.end(), (guids_present & 1 ? 16u : 0u) + (guids_present & 2 ? 16u : 0u), 0xCC);
  ace.insert(ace.end(), Sid::Everyone().AsBytes().begin(), Sid::Everyone().AsBytes().end());
  ace[2] = static_cast<std::uint8_t>(ace.size());
  return ace;
}

TEST(AceTest, ReadsAPlainAce) {
  DescriptorBytes bytes = MakeAce(AceType::kAccessDenied, kInherited | kContainerInherit, 0x1200A9, Sid::Users());
  AceView ace(bytes);
  EXPECT_TRUE(ace.IsPlain() && ace.IsDeny() && ace.IsInherited());
  EXPECT_FALSE(ace.IsAllow() || ace.IsInheritOnly());
  EXPECT_EQ(ace.Mask(), 0x1200A9u);
  EXPECT_EQ(ace.TrusteeSid(), Sid::Users());
  EXPECT_TRUE(ace.ApplicationData().empty());
}

TEST(AceTest, FindsTheSidOfAnObjectAceBehindItsGuids) {
  for (std::uint8_t guids = 0; guids < 4; ++guids) {
    DescriptorBytes bytes = ObjectAce(5, guids);
    AceView ace(bytes);
    EXPECT_EQ(ace.TrusteeSid(), Sid::Everyone()) << int{guids};
    EXPECT_EQ(ace.Mask(), 0x1200A9u);
    EXPECT_FALSE(ace.IsPlain());
  }
}

TEST(AceTest, HasNoSidWhereTheGuidsReachBeyondTheAce) {
  DescriptorBytes bytes = ObjectAce(6, 0);
  bytes[8] = 3;
  AceView ace(bytes);
  EXPECT_FALSE(ace.TrusteeSid().has_value());
  EXPECT_TRUE(ace.IsDeny());
}

TEST(AceTest, KeepsTheConditionOfACallbackAceApart) {
  DescriptorBytes bytes = MakeAce(AceType::kAccessAllowedCallback, 0, 1, Sid::Everyone());
  bytes.insert(bytes.end(), {'a', 'r', 't', 'x'});
  bytes[2] = static_cast<std::uint8_t>(bytes.size());
  AceView ace(bytes);
  EXPECT_EQ(ace.TrusteeSid(), Sid::Everyone());
  EXPECT_EQ(ace.ApplicationData().size(), 4u);
  EXPECT_EQ(ace.ApplicationData()[0], 'a');
}

TEST(AceTest, LeavesAnUnknownTypeOpaque) {
  DescriptorBytes bytes = MakeAce(static_cast<AceType>(0x42), 0, 0x1F01FF, Sid::Everyone());
  AceView ace(bytes);
  EXPECT_FALSE(ace.Mask() || ace.TrusteeSid() || ace.IsAllow() || ace.IsDeny() || ace.IsPlain());
}

TEST(AceTest, LeavesTheReservedCompoundTypeWithoutASid) {
  DescriptorBytes bytes = MakeAce(AceType::kAccessAllowedCompound, 0, 1, Sid::Everyone());
  AceView ace(bytes);
  EXPECT_TRUE(ace.IsAllow());
  EXPECT_FALSE(ace.TrusteeSid().has_value());
}

TEST(AceTest, HasNeitherMaskNorSidWhereItIsOnlyAHeader) {
  const std::uint8_t bytes[] = {0, 0, 4, 0};
  AceView ace(bytes);
  EXPECT_FALSE(ace.Mask() || ace.TrusteeSid() || ace.IsPlain());
  EXPECT_TRUE(ace.ApplicationData().empty());
}

TEST(AceTest, IsNotPlainWithASidThatDoesNotFit) {
  DescriptorBytes bytes = MakeAce(AceType::kAccessAllowed, 0, 1, Sid::Everyone());
  bytes[9] = 2;  // Two sub-authorities, of which one is there.
  EXPECT_FALSE(AceView(bytes).IsPlain());
}

}  // namespace
}  // namespace acledger::security
