// SPDX-License-Identifier: MIT
// What the random interleavings cannot say as plainly.
#include "tests/scanner/holders_world.h"

namespace acledger::scanner {
namespace {

using testing::HasSubstr;
using testing::Not;

class EngineHoldersTest : public HoldersWorld {
 protected:
  EngineHoldersTest() : HoldersWorld(false), random_(1) {}
  store::HolderId Get(const std::string& root, security::AccessMask mask = security::kFileReadAndExecute) {
    const store::HolderId holder = Acquire({kPrincipal, mask, root});
    Drain(random_);
    return holder;
  }
  void Drop(store::HolderId holder) {
    Release(holder);
    Drain(random_);
  }
  security::Random random_;
};

TEST_F(EngineHoldersTest, AnotherMaskHasAnEntryOfItsOwn) {
  const store::HolderId wide = Get("\\apart"), narrow = Get("\\apart", kReadOnly);
  EXPECT_THAT(DaclOf(u"apart"), HasSubstr(";OICI;RX;;;we)"));
  EXPECT_THAT(DaclOf(u"apart"), HasSubstr(";OICI;FR;;;we)"));
  Drop(wide);
  EXPECT_THAT(DaclOf(u"apart/y"), Not(HasSubstr("RX")));
  EXPECT_THAT(DaclOf(u"apart/y"), HasSubstr(";ID;FR;;;we)"));
  Drop(narrow);
  ExpectAsBefore(Original());
}

TEST_F(EngineHoldersTest, AnInnerRootPassesFromInheritedToExplicitAndBack) {
  const store::HolderId outer = Get("\\work"), inner = Get("\\work\\sub");
  EXPECT_THAT(DaclOf(u"work/sub"), HasSubstr(";OICIID;RX;;;we)"));
  Drop(outer);
  EXPECT_THAT(DaclOf(u"work/sub"), HasSubstr("(A;OICI;RX;;;we)"));
  EXPECT_THAT(DaclOf(u"work/else"), Not(HasSubstr("we")));
  const store::HolderId again = Get("\\work");
  EXPECT_THAT(DaclOf(u"work/sub"), HasSubstr(";OICIID;RX;;;we)"));
  EXPECT_THAT(DaclOf(u"work/sub"), Not(HasSubstr("(A;OICI;RX;;;we)")));
  Drop(inner);
  Drop(again);
  ExpectAsBefore(Original());
}

TEST_F(EngineHoldersTest, AnInnerRootThatWasCreatedLaterKeepsWhatItInherited) {
  const store::HolderId outer = Get("\\apart");
  Volume().File(u"apart/new/x");  // Inherits; no record tells of it.
  const store::HolderId inner = Get("\\apart\\new");
  Drop(outer);
  EXPECT_THAT(DaclOf(u"apart/new/x"), HasSubstr("RX;;;we)"));
  EXPECT_THAT(DaclOf(u"apart/y"), Not(HasSubstr("we")));
  Drop(inner);
  EXPECT_THAT(DaclOf(u"apart/new"), Not(HasSubstr("we")));
  EXPECT_THAT(DaclOf(u"apart/new/x"), Not(HasSubstr("we")));
}

TEST_F(EngineHoldersTest, AReleaseWritesNothingWhereAnotherHolderWantsTheSame) {
  const store::HolderId one = Get("\\work"), other = Get("\\work");
  const std::uint64_t writes = Volume().Counters().descriptor_writes;
  Drop(one);
  EXPECT_EQ(Volume().Counters().descriptor_writes, writes);
  Drop(other);
  ExpectAsBefore(Original());
}

TEST_F(EngineHoldersTest, WhatIsProtectedIsAGrantOfItsOwnThere) {
  Get("\\work");
  EXPECT_THAT(DaclOf(u"work/sub/closed"), Not(HasSubstr("we")));
  const store::HolderId inner = Get("\\work\\sub\\closed");
  EXPECT_THAT(DaclOf(u"work/sub/closed"), HasSubstr("(A;OICI;RX;;;we)"));
  Drop(inner);
  EXPECT_THAT(DaclOf(u"work/sub/closed"), Not(HasSubstr("we")));
  EXPECT_THAT(DaclOf(u"work/sub"), HasSubstr("we"));
}

TEST_F(EngineHoldersTest, APersonsRollbackOfWhatIsHeldSaysWhoHoldsIt) {
  Get("\\work");
  const auto refused = Engine(MakeEnvironment()).Rollback("\\work");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kBusy);
  EXPECT_THAT(refused.error().reason, HasSubstr("process 42 of 1000"));
  EXPECT_TRUE(Must(Engine(MakeEnvironment()).Rollback("\\work", true)).complete);
  ExpectAsBefore(Original());
}

TEST_F(EngineHoldersTest, APersonsRollbackLeavesTheInnerHolderItsPart) {
  Provision("\\work");
  const store::HolderId inner = Get("\\work\\sub");
  EXPECT_TRUE(Must(Engine(MakeEnvironment()).Rollback("\\work")).complete);
  EXPECT_THAT(DaclOf(u"work/sub"), HasSubstr("(A;OICI;RX;;;we)"));
  EXPECT_THAT(DaclOf(u"work"), Not(HasSubstr("we")));
  Drop(inner);
  ExpectAsBefore(Original());
}

}  // namespace
}  // namespace acledger::scanner
