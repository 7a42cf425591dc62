// SPDX-License-Identifier: MIT
// What is not ours to override, and entries of others that look like ours.
#include "security/descriptor.h"
#include "tests/scanner/engine_fixture.h"

namespace acledger::scanner {
namespace {

using testing::HasSubstr;

class EngineDenialsTest : public EngineTest {
 protected:
  EngineDenialsTest() { volume_.Folder(u"work"); }
  void ExpectUntouched(std::u16string_view path, const std::function<void()>& run) {
    const auto before = volume_.SecurityId(path);
    run();
    EXPECT_EQ(volume_.SecurityId(path), before);
  }
};

TEST_F(EngineDenialsTest, AnExplicitDenyIsNeverOverridden) {
  volume_.File(u"work/no", "O:BAG:BAD:(D;;FR;;;BU)(A;;FA;;;BA)");
  ExpectUntouched(u"work/no", [&] { Provision("\\work"); });
  EXPECT_EQ(NodeOf("\\work\\no").reason, store::Reason::kDenyEntry);
  EXPECT_EQ(NodeOf("\\work\\no").verdict, store::Verdict::kDenied);
}

TEST_F(EngineDenialsTest, AnInheritedDenyIsNotOverriddenByAnExplicitAllow) {
  volume_.SetDescriptor(u"work", "O:BAG:BAD:(D;OICIIO;FR;;;BU)(A;;0x1200a9;;;BU)(A;OICI;FA;;;BA)");
  volume_.File(u"work/no");
  volume_.Folder(u"work/nofolder");
  ExpectUntouched(u"work/no", [&] { Provision("\\work"); });
  EXPECT_EQ(NodeOf("\\work\\no").reason, store::Reason::kDenyEntry);
  EXPECT_EQ(NodeOf("\\work\\nofolder").reason, store::Reason::kDenyEntry);
}

TEST_F(EngineDenialsTest, ADenyForSomeoneElseDoesNotMatter) {
  volume_.File(u"work/yes", "O:BAG:BAD:(D;;FR;;;BG)(A;;FA;;;BA)");
  Provision("\\work");
  EXPECT_EQ(VerdictOf("\\work\\yes"), "covered");
  EXPECT_EQ(DaclOf(u"work/yes"), "D:(D;;FR;;;BG)(A;;FA;;;BA)(A;ID;RX;;;we)");
}

TEST_F(EngineDenialsTest, WhatLiesBelowADeniedFolderIsASourceOfItsOwn) {
  volume_.Folder(u"work/no", "O:BAG:BAD:(D;;FR;;;BU)(A;OICI;FA;;;BA)");
  volume_.File(u"work/no/f");
  Provision("\\work");
  EXPECT_EQ(NodeOf("\\work\\no").verdict, store::Verdict::kDenied);
  EXPECT_THAT(DaclOf(u"work/no/f"), HasSubstr("(A;;RX;;;we)"));
}

// A conditional entry for Everyone before one for the administrators.
security::DescriptorBytes WithCallback(security::AceType type) {
  security::DescriptorParts parts;
  parts.owner = parts.group = security::Sid::Administrators();
  parts.dacl_state = security::DescriptorParts::AclState::kPresent;
  parts.dacl = {security::MakeAce(type, 0, security::kFileReadAndExecute, security::Sid::Everyone()),
                security::MakeAce(security::AceType::kAccessAllowed, 0, 0x1F01FF, security::Sid::Administrators())};
  return Must(security::Build(parts));
}

TEST_F(EngineDenialsTest, ACallbackAceIsKeptAndNeverGrants) {
  volume_.File(u"work/callback", WithCallback(security::AceType::kAccessAllowedCallback));
  const auto before = volume_.Descriptor(u"work/callback");
  Provision("\\work");
  EXPECT_EQ(VerdictOf("\\work\\callback"), "covered");
  EXPECT_NE(volume_.Descriptor(u"work/callback"), before);
  Rollback();
  EXPECT_EQ(volume_.Descriptor(u"work/callback"), before);
}

TEST_F(EngineDenialsTest, ACallbackDenyDenies) {
  volume_.File(u"work/callback", WithCallback(security::AceType::kAccessDeniedCallback));
  ExpectUntouched(u"work/callback", [&] { Provision("\\work"); });
  EXPECT_EQ(NodeOf("\\work\\callback").reason, store::Reason::kDenyEntry);
}

TEST_F(EngineDenialsTest, AnObjectAceIsKeptAndNeverGrants) {
  volume_.File(u"work/object", "O:BAG:BAD:(OA;;FR;bf967aba-0de6-11d0-a285-00aa003049e2;;WD)(A;;FA;;;BA)");
  Provision("\\work");
  EXPECT_EQ(VerdictOf("\\work\\object"), "covered");
  EXPECT_THAT(DaclOf(u"work/object"), HasSubstr("(OA;;"));
  EXPECT_THAT(DaclOf(u"work/object"), HasSubstr("(A;ID;RX;;;we)"));
}

TEST_F(EngineDenialsTest, AnObjectDenyDenies) {
  volume_.File(u"work/object", "O:BAG:BAD:(OD;;FR;bf967aba-0de6-11d0-a285-00aa003049e2;;WD)(A;;FA;;;BA)");
  ExpectUntouched(u"work/object", [&] { Provision("\\work"); });
  EXPECT_EQ(NodeOf("\\work\\object").reason, store::Reason::kDenyEntry);
}

TEST_F(EngineDenialsTest, AMandatoryLabelThatRefusesReadingDenies) {
  volume_.File(u"work/label", "O:BAG:BAD:(A;;FA;;;BA)S:(ML;;NR;;;HI)");
  ExpectUntouched(u"work/label", [&] { Provision("\\work"); });
  EXPECT_EQ(NodeOf("\\work\\label").reason, store::Reason::kLabel);
}

TEST_F(EngineDenialsTest, AnIdenticalEntryThatWasThereBeforeIsNotOursAndStays) {
  volume_.File(u"work/f", "O:BAG:BAD:(A;;0x1200a9;;;S-1-5-21-11-22-33-1001)");
  ExpectUntouched(u"work/f", [&] {
    Provision("\\work");
    EXPECT_EQ(VerdictOf("\\work\\f"), "readable");
    EXPECT_TRUE(Rollback().complete);
  });
}

TEST_F(EngineDenialsTest, AnIdenticalInheritedEntryThatWasThereBeforeStays) {
  volume_.Folder(u"work/sub", "O:BAG:BAD:(A;OICIID;0x1200a9;;;S-1-5-21-11-22-33-1001)");
  volume_.File(u"work/sub/f", "O:BAG:BAD:(A;ID;0x1200a9;;;S-1-5-21-11-22-33-1001)");
  volume_.File(u"work/sub/g");
  const auto before = volume_.SecurityIds();
  Provision("\\work");
  volume_.File(u"work/later");  // So that the second run plans again.
  Provision("\\work");
  EXPECT_EQ(VerdictOf("\\work\\sub\\f"), "readable");
  volume_.Delete(u"work/later");
  Rollback();
  ExpectAsBefore(before);
}

TEST_F(EngineDenialsTest, ACarryingFolderMayHoldTheSameEntryAlready) {
  volume_.Folder(u"work/sub", "O:BAG:BAD:(A;OICIID;0x1200a9;;;S-1-5-21-11-22-33-1001)");
  volume_.File(u"work/sub/needs", "O:BAG:BAD:(A;;FA;;;BA)");
  Provision("\\work");
  EXPECT_EQ(NodeOf("\\work\\sub").verdict, store::Verdict::kReadable);
  EXPECT_EQ(VerdictOf("\\work\\sub\\needs"), "covered");
}

TEST_F(EngineDenialsTest, AForeignEntryWithAnotherMaskIsLeftAloneAndOursAdded) {
  volume_.File(u"work/f", "O:BAG:BAD:(A;;0x1;;;S-1-5-21-11-22-33-1001)");
  ExpectUntouched(u"work/f", [&] {
    Provision("\\work");
    EXPECT_EQ(DaclOf(u"work/f"), "D:(A;;CC;;;we)(A;ID;RX;;;we)");
    EXPECT_TRUE(Rollback().complete);
  });
}

TEST_F(EngineDenialsTest, ADescriptorThatCannotTakeAnEntryIsAFailureThatStays) {
  security::DescriptorParts parts;
  parts.owner = parts.group = security::Sid::Administrators();
  parts.dacl_state = security::DescriptorParts::AclState::kPresent;
  const auto ace = security::MakeAce(security::AceType::kAccessAllowed, 0, 1, SidOf("S-1-5-21-1-2-3-4"));
  while ((parts.dacl.size() + 1) * ace.size() + 8 <= security::kMaxAclBytes) parts.dacl.push_back(ace);
  volume_.File(u"work/full", Must(security::Build(parts)));
  volume_.File(u"work/ok");
  Provision("\\work");
  EXPECT_EQ(NodeOf("\\work\\full").reason, store::Reason::kNoDescriptor);
  EXPECT_EQ(VerdictOf("\\work\\ok"), "covered");
  ASSERT_EQ(Failures().size(), 1u);
  EXPECT_EQ(Failures()[0].path, "\\work\\full");
  EXPECT_EQ(Provision("\\work").changes, 0u);
  EXPECT_EQ(Failures().size(), 1u);
}

}  // namespace
}  // namespace acledger::scanner
