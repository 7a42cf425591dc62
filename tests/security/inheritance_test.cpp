// SPDX-License-Identifier: MIT
#include "security/inheritance.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "descriptor_text.h"

namespace acledger::security {
namespace {

std::string Create(const char* parent, ObjectType type) {
  DescriptorBytes bytes = FromText(parent);
  auto child = CreateInherited(View(bytes), type, {SidOf("S-1-5-21-1-2-3-1001"), SidOf("S-1-5-21-1-2-3-513")});
  return child ? ToText(*child) : child.error().ToString();
}

std::string File(const char* parent) { return Create(parent, ObjectType::kFile); }
std::string Folder(const char* parent) { return Create(parent, ObjectType::kFolder); }
std::string Expected(const std::string& dacl) {
  return ToText(FromText("O:S-1-5-21-1-2-3-1001G:S-1-5-21-1-2-3-513D:AI" + dacl));
}

std::string Again(const char* parent, const char* child, ObjectType type = ObjectType::kFile) {
  DescriptorBytes parent_bytes = FromText(parent), child_bytes = FromText(child);
  auto result = Recompute(View(parent_bytes), View(child_bytes), type);
  return result ? ToText(*result) : result.error().ToString();
}

struct Row {
  const char* flags;
  const char* file;    // Flags of the ACE on a file, "-" for none.
  const char* folder;  // Flags of the ACE on a folder.
};

// "ACE inheritance rules" (Win32) for all combinations of OI, CI, NP and IO; INHERITED_ACE of the parent changes
// nothing.
constexpr Row kTable[] = {
    {"", "-", "-"},     {"OI", "ID", "OIIOID"},   {"CI", "-", "CIID"},   {"OICI", "ID", "OICIID"},
    {"NP", "-", "-"},   {"OINP", "ID", "-"},      {"CINP", "-", "ID"},   {"OICINP", "ID", "ID"},
    {"IO", "-", "-"},   {"OIIO", "ID", "OIIOID"}, {"CIIO", "-", "CIID"}, {"OICIIO", "ID", "OICIID"},
    {"NPIO", "-", "-"}, {"OINPIO", "ID", "-"},    {"CINPIO", "-", "ID"}, {"OICINPIO", "ID", "ID"},
};

std::string AceWith(const std::string& flags) { return flags == "-" ? "" : "(A;" + flags + ";0x1200a9;;;BU)"; }

TEST(InheritanceTest, FollowsTheTableOfFlags) {
  for (const Row& row : kTable) {
    for (const char* inherited : {"", "ID"}) {
      std::string parent = "O:SYD:" + AceWith(std::string(row.flags) + inherited);
      EXPECT_EQ(File(parent.c_str()), Expected(AceWith(row.file))) << parent;
      EXPECT_EQ(Folder(parent.c_str()), Expected(AceWith(row.folder))) << parent;
    }
  }
}

TEST(InheritanceTest, GivesCreatorOwnersRightsToTheCreatorOfAFile) {
  EXPECT_EQ(File("O:SYD:(A;OICIIO;FA;;;CO)(A;OICIIO;FR;;;CG)"),
            Expected("(A;ID;FA;;;S-1-5-21-1-2-3-1001)(A;ID;FR;;;S-1-5-21-1-2-3-513)"));
}

TEST(InheritanceTest, SplitsCreatorOwnerOnAFolder) {
  EXPECT_EQ(Folder("O:SYD:(A;OICIIO;FA;;;CO)"), Expected("(A;ID;FA;;;S-1-5-21-1-2-3-1001)(A;OICIIOID;FA;;;CO)"));
}

TEST(InheritanceTest, SplitsGenericRightsOnAFolder) {
  EXPECT_EQ(Folder("O:SYD:(A;CI;GXGR;;;BU)"), Expected("(A;ID;0x1200a9;;;BU)(A;CIIOID;GXGR;;;BU)"));
}

TEST(InheritanceTest, MapsGenericRightsWithoutASplitWhereNothingGoesFurther) {
  EXPECT_EQ(File("O:SYD:(A;OICI;GA;;;BU)"), Expected("(A;ID;FA;;;BU)"));
  EXPECT_EQ(Folder("O:SYD:(A;CINP;GA;;;BU)"), Expected("(A;ID;FA;;;BU)"));
}

TEST(InheritanceTest, HandsGenericRightsForFilesOnUnmapped) {
  EXPECT_EQ(Folder("O:SYD:(A;OI;GA;;;CO)"), Expected("(A;OIIOID;GA;;;CO)"));
}

TEST(InheritanceTest, KeepsTheOrderOfTheParent) {
  EXPECT_EQ(File("O:SYD:(A;OICI;FR;;;BU)(D;OICI;FW;;;WD)(A;;FA;;;SY)(A;OICIID;FA;;;BA)"),
            Expected("(A;ID;FR;;;BU)(D;ID;FW;;;WD)(A;ID;FA;;;BA)"));
}

// The DACL of Program Files, shortened, and what icacls shows of a folder and a file of SYSTEM's in it on Windows 10.
TEST(InheritanceTest, PassesOnOnlyOneOfEqualAces) {
  DescriptorBytes parent =
      FromText("O:SYD:PAI(A;;0x1301bf;;;SY)(A;OICIIO;GA;;;SY)(A;;0x1301bf;;;BA)(A;OICIIO;GA;;;BA)(A;OICIIO;GA;;;CO)");
  auto folder = CreateInherited(View(parent), ObjectType::kFolder, {Sid::System(), Sid::System()});
  EXPECT_EQ(ToText(*folder), ToText(FromText("O:SYG:SYD:AI(A;ID;FA;;;SY)(A;OICIIOID;GA;;;SY)(A;ID;FA;;;BA)"
                                             "(A;OICIIOID;GA;;;BA)(A;OICIIOID;GA;;;CO)")));
  auto file = CreateInherited(View(parent), ObjectType::kFile, {Sid::System(), Sid::System()});
  EXPECT_EQ(ToText(*file), ToText(FromText("O:SYG:SYD:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)")));
}

TEST(InheritanceTest, CopiesObjectAndCallbackAcesWithOtherFlags) {
  EXPECT_EQ(Folder("O:SYD:(OD;CI;FW;;;WD)"), Expected("(OD;CIID;FW;;;WD)"));
  constexpr AceType kType = AceType::kAccessAllowedCallback;
  DescriptorBytes parent = WithDacl({CallbackAce(kType, kObjectInherit, kGenericAll, Sid::CreatorOwner())});
  auto child = CreateInherited(View(parent), ObjectType::kFile, {Sid::System(), Sid::System()});
  EXPECT_TRUE(std::ranges::equal((*View(*child).Dacl()->begin()).AsBytes(),
                                 CallbackAce(kType, kInherited, kGenericAll, Sid::CreatorOwner())));
}

TEST(InheritanceTest, CopiesAnUnknownTypeAndTheFlagsItDoesNotKnow) {
  DescriptorBytes parent = WithDacl({MakeAce(static_cast<AceType>(0x42), 0xC0 | kObjectInherit, 1, Sid::Everyone())});
  auto child = CreateInherited(View(parent), ObjectType::kFile, {Sid::System(), Sid::System()});
  AceView ace = *View(*child).Dacl()->begin();
  EXPECT_EQ(ace.Flags(), 0xC0 | kInherited);
  EXPECT_EQ(ace.Type(), static_cast<AceType>(0x42));
}

TEST(InheritanceTest, GivesAnEmptyDaclWhereTheParentPassesNothingOn) {
  EXPECT_EQ(File("O:SYD:(A;;FA;;;BA)"), Expected(""));
  EXPECT_EQ(File("O:SYD:NO_ACCESS_CONTROL"), Expected(""));
}

TEST(RecomputeTest, ReplacesTheInheritedAcesAndKeepsTheExplicitOnes) {
  EXPECT_EQ(Again("O:SYD:(A;OICI;FR;;;BU)(A;OICI;FA;;;SY)", "O:BAD:(A;ID;FA;;;WD)(A;;FW;;;WD)(D;;FX;;;WD)"),
            ToText(FromText("O:BAD:AI(A;;FW;;;WD)(D;;FX;;;WD)(A;ID;FR;;;BU)(A;ID;FA;;;SY)")));
}

TEST(RecomputeTest, LeavesAProtectedDaclAlone) {
  const char* child = "O:BAD:P(A;ID;FA;;;WD)";
  EXPECT_EQ(Again("O:SYD:(A;OICI;FR;;;BU)", child), ToText(FromText(child)));
}

TEST(RecomputeTest, LeavesANullDaclAlone) {
  DescriptorBytes parent = FromText("O:SYD:(A;OICI;FR;;;BU)"), child = FromText("O:BA");
  EXPECT_EQ(*Recompute(View(parent), View(child), ObjectType::kFile), child);
}

TEST(RecomputeTest, FillsCreatorOwnerFromTheChild) {
  EXPECT_EQ(Again("O:SYD:(A;OICIIO;GA;;;CO)", "O:BAG:BUD:", ObjectType::kFolder),
            ToText(FromText("O:BAG:BUD:AI(A;ID;FA;;;BA)(A;OICIIOID;GA;;;CO)")));
}

TEST(RecomputeTest, LeavesCreatorOwnerWhereTheChildHasNoOwner) {
  EXPECT_EQ(Again("O:SYD:(A;OICI;FA;;;CO)", "D:"), ToText(FromText("D:AI(A;ID;FA;;;CO)")));
}

TEST(RecomputeTest, KeepsTheSaclAndTheRestOfTheDescriptor) {
  EXPECT_EQ(Again("O:SYD:(A;OICI;FR;;;BU)", "O:BAG:BUD:(A;ID;FA;;;WD)S:(AU;SA;FA;;;WD)"),
            ToText(FromText("O:BAG:BUD:AI(A;ID;FR;;;BU)S:(AU;SA;FA;;;WD)")));
}

TEST(RecomputeTest, RaisesTheRevisionForAnObjectAce) {
  DescriptorBytes parent = FromText("O:SYD:(OA;OICI;FR;;;BU)"), child = FromText("O:BAD:(A;;FA;;;SY)");
  ASSERT_EQ(View(child).Dacl()->Revision(), 2);
  EXPECT_EQ(View(*Recompute(View(parent), View(child), ObjectType::kFile)).Dacl()->Revision(), 4);
}

}  // namespace
}  // namespace acledger::security
