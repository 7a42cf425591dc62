// SPDX-License-Identifier: MIT
// How a grant becomes entries: where the source lies, what inherits, what gets nothing.
#include "tests/scanner/engine_fixture.h"

namespace acledger::scanner {
namespace {

using testing::HasSubstr;

// "work" is unreadable; "work/open" and what is in it is readable to Users.
class EngineRulesTest : public EngineTest {
 protected:
  EngineRulesTest() {
    volume_.Folder(u"work");
    volume_.Folder(u"work/sub");
    volume_.File(u"work/sub/a.txt");
    volume_.File(u"work/b.txt");
  }
};

TEST_F(EngineRulesTest, TheTopmostObjectThatNeedsAccessIsTheSource) {
  Provision("\\work");
  EXPECT_EQ(DaclOf(u"work"), "D:AI(A;OICI;RX;;;we)(A;OICIID;FA;;;SY)(A;OICIID;FA;;;BA)");
}

TEST_F(EngineRulesTest, ChildrenInheritWhereWindowsWouldPutTheEntry) {
  Provision("\\work");
  EXPECT_EQ(DaclOf(u"work/sub"), "D:AI(A;OICIID;RX;;;we)(A;OICIID;FA;;;SY)(A;OICIID;FA;;;BA)");
  EXPECT_EQ(DaclOf(u"work/sub/a.txt"), "D:AI(A;ID;RX;;;we)(A;ID;FA;;;SY)(A;ID;FA;;;BA)");
  EXPECT_EQ(DaclOf(u"work/b.txt"), "D:AI(A;ID;RX;;;we)(A;ID;FA;;;SY)(A;ID;FA;;;BA)");
}

TEST_F(EngineRulesTest, PropagatingInheritanceAgainChangesNothing) {
  Provision("\\work");
  const auto provisioned = volume_.SecurityIds();
  volume_.Repropagate(u"");
  EXPECT_EQ(volume_.SecurityIds(), provisioned);
}

TEST_F(EngineRulesTest, AReadableRootPassesNothingOnAndItsChildrenBecomeSources) {
  volume_.SetDescriptor(u"work", "O:BAG:BAD:(A;;0x1200a9;;;BU)(A;OICI;FA;;;BA)");
  Provision("\\work");
  EXPECT_THAT(DaclOf(u"work"), testing::Not(HasSubstr("we")));
  EXPECT_EQ(VerdictOf("\\work"), "readable");
  EXPECT_THAT(DaclOf(u"work/sub"), HasSubstr("(A;OICI;RX;;;we)"));
  EXPECT_THAT(DaclOf(u"work/sub/a.txt"), HasSubstr("(A;ID;RX;;;we)"));
  EXPECT_THAT(DaclOf(u"work/b.txt"), HasSubstr("(A;;RX;;;we)"));
}

TEST_F(EngineRulesTest, ASubtreeThatIsReadableThroughoutGetsNothing) {
  volume_.Folder(u"work/open", "O:BAG:BAD:P(A;OICI;0x1200a9;;;BU)(A;OICI;FA;;;BA)");
  volume_.File(u"work/open/c.txt");
  const std::string open = DaclOf(u"work/open"), file = DaclOf(u"work/open/c.txt");
  const ProvisionReport report = Provision("\\work");
  EXPECT_EQ(report.changes, 4u);
  EXPECT_EQ(DaclOf(u"work/open"), open);
  EXPECT_EQ(DaclOf(u"work/open/c.txt"), file);
  EXPECT_EQ(VerdictOf("\\work\\open\\c.txt"), "readable");
}

TEST_F(EngineRulesTest, AReadableFileBelowACarryingFolderIsNotWritten) {
  volume_.File(u"work/sub/r.txt", "O:BAG:BAD:(A;;0x1200a9;;;BU)");
  Provision("\\work");
  EXPECT_EQ(DaclOf(u"work/sub/r.txt"), "D:(A;;RX;;;BU)");
  EXPECT_EQ(VerdictOf("\\work\\sub\\r.txt"), "readable");
}

TEST_F(EngineRulesTest, AReadableFolderWithNeedsBelowCarriesWhatItsParentPassesOn) {
  volume_.SetDescriptor(u"work/sub", "O:BAG:BAD:(A;;0x1200a9;;;BU)");
  Provision("\\work");
  EXPECT_EQ(DaclOf(u"work/sub"), "D:(A;;RX;;;BU)(A;OICIID;RX;;;we)");
  EXPECT_THAT(DaclOf(u"work/sub/a.txt"), HasSubstr("(A;ID;RX;;;we)"));
}

TEST_F(EngineRulesTest, AProtectedChildIsReportedWithWhatLiesBelow) {
  volume_.Folder(u"work/closed", "O:BAG:BAD:P(A;OICI;FA;;;BA)");
  volume_.File(u"work/closed/in.txt");
  volume_.File(u"work/closed/all.txt", "O:BAG:BAD:(A;;0x1200a9;;;WD)");
  Provision("\\work");
  EXPECT_EQ(DaclOf(u"work/closed"), "D:P(A;OICI;FA;;;BA)");
  EXPECT_THAT(DaclOf(u"work/closed/in.txt"), testing::Not(HasSubstr("we")));
  EXPECT_THAT(VerdictOf("\\work\\closed"), HasSubstr("denied: "));
  EXPECT_EQ(NodeOf("\\work\\closed").reason, store::Reason::kProtected);
  EXPECT_EQ(NodeOf("\\work\\closed\\in.txt").reason, store::Reason::kBelowProtected);
  EXPECT_EQ(VerdictOf("\\work\\closed\\all.txt"), "readable");
}

TEST_F(EngineRulesTest, AProtectedChildIsGrantedExplicitlyWhereThePolicySaysSo) {
  request_.protected_policy = store::ProtectedPolicy::kGrant;
  volume_.Folder(u"work/closed", "O:BAG:BAD:P(A;OICI;FA;;;BA)");
  volume_.File(u"work/closed/in.txt");
  Provision("\\work");
  EXPECT_EQ(DaclOf(u"work/closed"), "D:P(A;OICI;FA;;;BA)(A;OICI;RX;;;we)");
  EXPECT_THAT(DaclOf(u"work/closed/in.txt"), HasSubstr("(A;ID;RX;;;we)"));
}

TEST_F(EngineRulesTest, AProtectedRootIsGrantedSinceTheUserNamedIt) {
  volume_.SetDescriptor(u"work", "O:BAG:BAD:P(A;OICI;FA;;;BA)");
  Provision("\\work");
  EXPECT_EQ(DaclOf(u"work"), "D:P(A;OICI;FA;;;BA)(A;OICI;RX;;;we)");
}

TEST_F(EngineRulesTest, ANullDaclIsReadableAndNeverEdited) {
  volume_.File(u"work/null", "O:BAG:BA");
  volume_.Folder(u"work/nullfolder", "O:BAG:BA");
  volume_.File(u"work/nullfolder/below", "O:BAG:BAD:(A;;FA;;;BA)");
  Provision("\\work");
  EXPECT_EQ(DaclOf(u"work/null"), "no DACL");
  EXPECT_EQ(DaclOf(u"work/nullfolder"), "no DACL");
  EXPECT_EQ(VerdictOf("\\work\\null"), "readable");
  // Nothing is inherited through a NULL DACL: what lies below is a source of its own.
  EXPECT_EQ(DaclOf(u"work/nullfolder/below"), "D:(A;;FA;;;BA)(A;;RX;;;we)");
}

TEST_F(EngineRulesTest, AnEmptyDaclIsEditedOnlyLikeAProtectedOne) {
  volume_.File(u"work/empty", "O:BAG:BAD:");
  Provision("\\work");
  EXPECT_EQ(DaclOf(u"work/empty"), "D:");
  EXPECT_EQ(NodeOf("\\work\\empty").reason, store::Reason::kEmptyDacl);
  request_.protected_policy = store::ProtectedPolicy::kGrant;
  Provision("\\work");
  EXPECT_THAT(DaclOf(u"work/empty"), HasSubstr(";RX;;;we)"));
}

TEST_F(EngineRulesTest, AFileAsRootGetsAnExplicitEntry) {
  Provision("\\work\\sub\\a.txt");
  EXPECT_EQ(DaclOf(u"work/sub/a.txt"), "D:AI(A;;RX;;;we)(A;ID;FA;;;SY)(A;ID;FA;;;BA)");
  EXPECT_EQ(VerdictOf("\\work\\sub\\a.txt"), "covered");
  EXPECT_EQ(Total().Objects(), 1u);
  EXPECT_EQ(Provision("\\work\\sub\\a.txt").changes, 0u);
}

TEST_F(EngineRulesTest, EqualDescriptorsGetEqualResults) {
  for (int i = 0; i < 20; ++i) volume_.File(u"work/sub/f" + std::u16string(1, static_cast<char16_t>('a' + i)));
  const std::size_t before = volume_.DistinctDescriptors();
  Provision("\\work");
  EXPECT_EQ(volume_.SecurityId(u"work/sub/fa"), volume_.SecurityId(u"work/sub/fb"));
  EXPECT_EQ(volume_.DistinctDescriptors(), before + 3);  // The source, carrying folders, files.
}

TEST_F(EngineRulesTest, ARootBelowAnotherOneIsPartOfIt) {
  GrantRequest request = RequestFor("\\work\\sub");
  request.roots.emplace_back("\\work");
  Provision(request);
  EXPECT_EQ(Ledger().Grants()->size(), 1u);
  EXPECT_THAT(notes_, testing::ElementsAre(HasSubstr("part of that grant")));
  EXPECT_THAT(DaclOf(u"work/sub"), HasSubstr("(A;OICIID;RX;;;we)"));
}

TEST_F(EngineRulesTest, ARootIsKeptAsTheVolumeSpellsIt) {
  Provision("\\WORK\\Sub");
  EXPECT_EQ(Ledger().Grants()->front().root, "\\work\\sub");
}

TEST_F(EngineRulesTest, TheSecondRunWritesNothing) {
  volume_.Folder(u"work/closed", "O:BAG:BAD:P(A;OICI;FA;;;BA)");
  Provision("\\work");
  const std::uint64_t writes = volume_.Counters().descriptor_writes;
  const auto rows = Must(Ledger().Stats()).rows_written;
  EXPECT_EQ(Provision("\\work").changes, 0u);
  EXPECT_EQ(volume_.Counters().descriptor_writes, writes);
  EXPECT_LE(Must(Ledger().Stats()).rows_written, rows + 10);  // States and the frontier, no rows of objects.
  ExpectTrueRollUps();
}

}  // namespace
}  // namespace acledger::scanner
