// SPDX-License-Identifier: MIT
#include "security/access_check.h"

#include <gtest/gtest.h>

#include "descriptor_text.h"

namespace acledger::security {
namespace {

constexpr AccessMask kRead = kFileGenericRead;
constexpr AccessMask kWrite = kFileGenericWrite;

Token Of(std::initializer_list<const char*> sids) {
  Token token;
  for (const char* sid : sids) token.sids.push_back(SidOf(sid));
  return token;
}

// Everyone and Users.
Token User() { return Of({"WD", "BU"}); }

AccessResult Check(const char* sddl, const Token& token, AccessMask wanted) {
  DescriptorBytes bytes = FromText(sddl);
  return CheckAccess(View(bytes), token, wanted);
}

TEST(AccessCheckTest, CollectsBitsFromSeveralAces) {
  AccessResult result = Check("O:SYD:(A;;FR;;;WD)(A;;FX;;;BU)", User(), kFileReadAndExecute);
  EXPECT_TRUE(result.granted);
  EXPECT_EQ(result.access, kFileReadAndExecute);
  EXPECT_EQ(result.missing, 0u);
}

TEST(AccessCheckTest, NamesTheBitsThatNothingGrants) {
  AccessResult result = Check("O:SYD:(A;;FR;;;WD)(A;;FA;;;BA)", User(), kFileReadAndExecute);
  EXPECT_FALSE(result.granted);
  EXPECT_EQ(result.access, 0u);
  EXPECT_EQ(result.missing, kFileExecute);
  EXPECT_FALSE(result.denied_by_entry);
}

TEST(AccessCheckTest, LetsTheFirstAceThatSpeaksOfABitDecide) {
  EXPECT_FALSE(Check("O:SYD:(D;;FR;;;WD)(A;;FA;;;BU)", User(), kRead).granted);
  EXPECT_TRUE(Check("O:SYD:(A;;FA;;;BU)(D;;FR;;;WD)", User(), kRead).granted);
}

TEST(AccessCheckTest, SaysThatADenyStoodInTheWay) {
  AccessResult result = Check("O:SYD:(D;;0x2;;;WD)(A;;FA;;;BU)", User(), kFileReadData | kFileWriteData);
  EXPECT_EQ(result.missing, kFileWriteData);
  EXPECT_TRUE(result.denied_by_entry);
}

TEST(AccessCheckTest, MapsGenericRightsOnBothSides) {
  EXPECT_TRUE(Check("O:SYD:(A;;GR;;;WD)", User(), kRead).granted);
  AccessResult result = Check("O:SYD:(A;;FA;;;WD)", User(), kGenericRead | kGenericExecute);
  EXPECT_EQ(result.access, kFileReadAndExecute);
  EXPECT_EQ(Check("O:SYD:(D;;GW;;;WD)(A;;FA;;;WD)", User(), kFileWriteData).missing, kFileWriteData);
}

TEST(AccessCheckTest, IgnoresInheritOnlyAces) {
  EXPECT_FALSE(Check("O:SYD:(A;OICIIO;FA;;;WD)", User(), kRead).granted);
  EXPECT_TRUE(Check("O:SYD:(D;OICIIO;FA;;;WD)(A;;FA;;;WD)", User(), kRead).granted);
}

TEST(AccessCheckTest, GrantsEverythingWhereTheDaclIsNull) {
  EXPECT_EQ(Check("O:SY", User(), kFileAllAccess).access, kFileAllAccess);
  EXPECT_EQ(Check("O:SYD:NO_ACCESS_CONTROL", User(), kMaximumAllowed).access, kFileAllAccess);
}

TEST(AccessCheckTest, LeavesOnlyTheOwnerAnythingOfAnEmptyDacl) {
  EXPECT_FALSE(Check("O:SYD:", User(), kReadControl).granted);
  EXPECT_TRUE(Check("O:BUD:", User(), kReadControl | kWriteDac).granted);
  EXPECT_EQ(Check("O:BUD:", User(), kMaximumAllowed).access, kReadControl | kWriteDac);
  EXPECT_FALSE(Check("O:BUD:", User(), kFileReadData).granted);
}

TEST(AccessCheckTest, GivesTheOwnerReadControlInSpiteOfADeny) {
  EXPECT_TRUE(Check("O:BUD:(D;;FA;;;WD)", User(), kReadControl | kWriteDac).granted);
}

TEST(AccessCheckTest, GivesNothingToAnOwnerWhoIsDenyOnly) {
  Token token = Of({"WD"});
  token.deny_only = {SidOf("BA")};
  EXPECT_FALSE(Check("O:BAD:", token, kReadControl).granted);
}

TEST(OwnerRightsTest, ReplaceWhatTheOwnerHasByNature) {
  EXPECT_FALSE(Check("O:BUD:(A;;FR;;;OW)", User(), kWriteDac).granted);
  EXPECT_TRUE(Check("O:BUD:(A;;FR;;;OW)", User(), kRead).granted);
  EXPECT_FALSE(Check("O:SYD:(A;;FR;;;OW)", User(), kRead).granted);
  EXPECT_FALSE(Check("O:BUD:(D;;FR;;;OW)(A;;FA;;;WD)", User(), kReadControl).granted);
}

TEST(OwnerRightsTest, DoNotCountWhereTheyAreInheritOnly) {
  EXPECT_TRUE(Check("O:BUD:(A;OICIIO;FR;;;OW)", User(), kWriteDac).granted);
}

TEST(MaximumAllowedTest, IsAllThatIsGrantedAndNotDeniedBefore) {
  AccessResult result = Check("O:SYD:(D;;0x2;;;WD)(A;;0x7;;;BU)(D;;0x1;;;WD)", User(), kMaximumAllowed);
  EXPECT_TRUE(result.granted);
  EXPECT_EQ(result.access, 0x5u);
}

TEST(MaximumAllowedTest, IsDeniedWhereThereIsNothing) {
  AccessResult result = Check("O:SYD:(A;;FA;;;BA)", User(), kMaximumAllowed);
  EXPECT_FALSE(result.granted);
  EXPECT_EQ(result.missing, kMaximumAllowed);
  EXPECT_FALSE(result.denied_by_entry);
}

TEST(MaximumAllowedTest, StillNeedsTheOtherBitsThatAreAskedFor) {
  const char* sddl = "O:SYD:(A;;FR;;;WD)";
  EXPECT_EQ(Check(sddl, User(), kMaximumAllowed | kFileReadData).access, kRead);
  EXPECT_EQ(Check(sddl, User(), kMaximumAllowed | kGenericRead).access, kRead);
  EXPECT_EQ(Check(sddl, User(), kMaximumAllowed | kFileWriteData).missing, kFileWriteData);
}

TEST(AccessCheckTest, NeverGrantsAccessToTheSacl) {
  EXPECT_FALSE(Check("O:SYD:(A;;0x11f01ff;;;WD)", User(), kAccessSystemSecurity).granted);
  EXPECT_EQ(Check("O:SYD:(A;;0x11f01ff;;;WD)", User(), kMaximumAllowed).access, kFileAllAccess);
  EXPECT_FALSE(Check("O:SY", User(), kAccessSystemSecurity).granted);
}

TEST(AccessCheckTest, CountsDenyOnlyGroupsForDeniesAlone) {
  Token token = Of({"WD"});
  token.deny_only = {SidOf("BA")};
  EXPECT_FALSE(Check("O:SYD:(A;;FA;;;BA)", token, kRead).granted);
  EXPECT_FALSE(Check("O:SYD:(D;;FA;;;BA)(A;;FA;;;WD)", token, kRead).granted);
}

TEST(RestrictedTokenTest, NeedsBothPasses) {
  Token token = User();
  token.restricting = {SidOf("S-1-5-21-1-2-3-9")};
  EXPECT_FALSE(Check("O:SYD:(A;;FA;;;BU)", token, kRead).granted);
  EXPECT_FALSE(Check("O:SYD:(A;;FA;;;S-1-5-21-1-2-3-9)", token, kRead).granted);
  AccessResult both = Check("O:SYD:(A;;FA;;;BU)(A;;FR;;;S-1-5-21-1-2-3-9)", token, kMaximumAllowed);
  EXPECT_EQ(both.access, kRead);
}

TEST(RestrictedTokenTest, IsDeniedByADenyOfARestrictingSid) {
  Token token = User();
  token.restricting = {SidOf("WD"), SidOf("RC")};
  AccessResult result = Check("O:SYD:(D;;FW;;;RC)(A;;FA;;;WD)", token, kFileWriteData);
  EXPECT_FALSE(result.granted);
  EXPECT_TRUE(result.denied_by_entry);
}

TEST(RestrictedTokenTest, IsOwnerOnlyIfTheOwnerIsRestrictingToo) {
  Token token = User();
  token.restricting = {SidOf("RC")};
  EXPECT_FALSE(Check("O:BUD:", token, kReadControl).granted);
  token.restricting.push_back(SidOf("BU"));
  EXPECT_TRUE(Check("O:BUD:", token, kReadControl).granted);
}

TEST(RestrictedTokenTest, PassesANullDacl) {
  Token token = User();
  token.restricting = {SidOf("RC")};
  EXPECT_TRUE(Check("O:SY", token, kFileAllAccess).granted);
}

TEST(WriteRestrictedTokenTest, AsksTheRestrictingSidsForWritesOnly) {
  Token token = User();
  token.restricting = {SidOf("RC")};
  token.write_restricted = true;
  EXPECT_TRUE(Check("O:SYD:(A;;FA;;;BU)", token, kFileReadAndExecute).granted);
  for (AccessMask right :
       {kFileWriteData, kFileAppendData, kFileWriteEa, kFileWriteAttributes, kDelete, kWriteDac, kWriteOwner}) {
    EXPECT_FALSE(Check("O:SYD:(A;;FA;;;BU)", token, right).granted) << right;
    EXPECT_TRUE(Check("O:SYD:(A;;FA;;;BU)(A;;FA;;;RC)", token, right).granted) << right;
  }
  EXPECT_EQ(Check("O:SYD:(A;;FA;;;BU)", token, kMaximumAllowed).access, kFileReadAndExecute | kFileDeleteChild);
}

AccessResult Check(std::vector<DescriptorBytes> dacl, AccessMask wanted) {
  DescriptorBytes bytes = WithDacl(std::move(dacl));
  return CheckAccess(View(bytes), User(), wanted);
}

const DescriptorBytes& FullForEveryone() {
  static const DescriptorBytes ace = MakeAce(AceType::kAccessAllowed, 0, kFileAllAccess, Sid::Everyone());
  return ace;
}

TEST(OpaqueAceTest, NeverGrants) {
  EXPECT_FALSE(Check("O:SYD:(OA;;FA;;;WD)", User(), kRead).granted);
  EXPECT_FALSE(
      Check({CallbackAce(AceType::kAccessAllowedCallback, 0, kFileAllAccess, Sid::Everyone())}, kRead).granted);
}

TEST(OpaqueAceTest, DeniesIfItIsADenyOfOurSid) {
  EXPECT_FALSE(Check("O:SYD:(OD;;FW;;;WD)(A;;FA;;;WD)", User(), kWrite).granted);
  EXPECT_TRUE(Check("O:SYD:(OD;;FW;;;WD)(A;;FA;;;WD)", User(), kFileReadData).granted);
  EXPECT_TRUE(Check("O:SYD:(OD;;FA;;;BA)(A;;FA;;;WD)", User(), kRead).granted);
  DescriptorBytes callback = CallbackAce(AceType::kAccessDeniedCallback, 0, kFileWriteData, Sid::Everyone());
  AccessResult result = Check({callback, FullForEveryone()}, kFileReadData | kFileWriteData);
  EXPECT_EQ(result.missing, kFileWriteData);
  EXPECT_TRUE(result.denied_by_entry);
}

TEST(OpaqueAceTest, DeniesEveryoneIfItIsADenyThatCannotBeRead) {
  DescriptorBytes without_sid{1, 0, 8, 0, 2, 0, 0, 0};
  EXPECT_EQ(Check({without_sid, FullForEveryone()}, kFileReadData | kFileWriteData).missing, kFileWriteData);
  DescriptorBytes without_mask{10, 0, 4, 0};
  EXPECT_FALSE(Check({without_mask, FullForEveryone()}, kFileReadData).granted);
}

TEST(OpaqueAceTest, IsIgnoredIfItsTypeIsUnknownOrASystemType) {
  for (AceType type : {static_cast<AceType>(0x42), AceType::kSystemAudit, AceType::kSystemResourceAttribute}) {
    EXPECT_TRUE(Check({MakeAce(type, 0, kFileAllAccess, Sid::Everyone()), FullForEveryone()}, kRead).granted);
  }
}

TEST(MandatoryLabelTest, StopsWritesFromBelowByDefault) {
  Token low = User();
  low.integrity = 0x1000;
  EXPECT_TRUE(Check("O:SYD:(A;;FA;;;WD)", low, kFileReadAndExecute).granted);
  AccessResult result = Check("O:SYD:(A;;FA;;;WD)", low, kFileWriteData);
  EXPECT_EQ(result.missing, kFileWriteData);
  EXPECT_TRUE(result.denied_by_entry);
  EXPECT_FALSE(Check("O:SYD:(A;;FA;;;WD)", low, kDelete).granted);
  EXPECT_EQ(Check("O:SY", low, kMaximumAllowed).access, kFileReadAndExecute);
}

TEST(MandatoryLabelTest, StopsWhatItNamesFromBelowAndNothingFromAbove) {
  const char* no_read_up = "O:SYD:(A;;FA;;;WD)S:(ML;;NRNWNX;;;HI)";
  EXPECT_FALSE(Check(no_read_up, User(), kReadControl).granted);
  Token high = User();
  high.integrity = 0x3000;
  EXPECT_TRUE(Check(no_read_up, high, kFileAllAccess).granted);
  EXPECT_TRUE(Check("O:SYD:(A;;FA;;;WD)S:(ML;;NW;;;HI)", User(), kFileReadAndExecute).granted);
  EXPECT_FALSE(Check("O:SYD:(A;;FA;;;WD)S:(ML;;NX;;;HI)", User(), kFileExecute).granted);
}

TEST(MandatoryLabelTest, LetsALowTokenWriteToALowObject) {
  Token low = User();
  low.integrity = 0x1000;
  EXPECT_TRUE(Check("O:SYD:(A;;FA;;;WD)S:(ML;;NW;;;LW)", low, kFileAllAccess).granted);
  EXPECT_FALSE(Check("O:SYD:(A;;FA;;;WD)S:(ML;IO;NW;;;LW)", low, kFileAllAccess).granted);
}

TEST(MandatoryLabelTest, BindsTheOwnerToo) {
  Token low = User();
  low.integrity = 0x1000;
  EXPECT_FALSE(Check("O:BUD:", low, kWriteDac).granted);
  EXPECT_TRUE(Check("O:BUD:", low, kReadControl).granted);
}

TEST(AccessCheckTest, GrantsAWishForNothing) { EXPECT_TRUE(Check("O:SYD:", User(), 0).granted); }

}  // namespace
}  // namespace acledger::security
