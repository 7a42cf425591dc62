// SPDX-License-Identifier: MIT
// A grant that was asked for by somebody who is no administrator: nothing is written that he could not write himself.
#include "security/descriptor.h"
#include "tests/scanner/engine_fixture.h"

namespace acledger::scanner {
namespace {

using store::Reason;
using testing::HasSubstr;
using testing::Not;

constexpr char kAnn[] = "S-1-5-21-11-22-33-2001";
constexpr char kBob[] = "S-1-5-21-11-22-33-2002";
constexpr char kStaff[] = "S-1-5-21-11-22-33-3001";

// Both are Users; Bob's files are his alone.
constexpr char kAnns[] = "O:S-1-5-21-11-22-33-2001G:BAD:(A;OICI;FA;;;BA)(A;OICI;FA;;;S-1-5-21-11-22-33-2001)";
constexpr char kBobs[] = "O:S-1-5-21-11-22-33-2002G:BAD:(A;OICI;FA;;;BA)(A;OICI;FA;;;S-1-5-21-11-22-33-2002)";

store::Requester Asking(const char* user) {
  store::Requester requester;
  requester.user = user;
  requester.sids = {SidOf(user), security::Sid::Users(), security::Sid::Everyone()};
  requester.process = 7;
  requester.asked = 1'000;
  return requester;
}

class EngineRequesterTest : public EngineTest {
 protected:
  EngineRequesterTest() {
    volume_.Folder(u"work", kAnns);
    volume_.File(u"work/hers", kAnns);
  }
  GrantRequest As(const char* user, const std::string& root = "\\work") const {
    GrantRequest request = RequestFor(root);
    request.requester = Asking(user);
    return request;
  }
  Expected<std::vector<store::Grant>> Register(const GrantRequest& request) {
    return Engine(MakeEnvironment()).Register(request, notes_);
  }
};

TEST_F(EngineRequesterTest, WritesWhatTheRequesterOwnsAndLeavesAloneWhatHeDoesNot) {
  volume_.File(u"work/his", kBobs);
  const auto before = volume_.SecurityId(u"work/his");
  Provision(As(kAnn));
  EXPECT_EQ(VerdictOf("\\work\\hers"), "covered");
  EXPECT_EQ(VerdictOf("\\work\\his"), "denied: the requester may not change it");
  EXPECT_EQ(volume_.SecurityId(u"work/his"), before);
  EXPECT_TRUE(ChangesIn({store::ChangeState::kAbandoned}).empty());  // No intent was made either.
  ExpectTrueRollUps();
}

TEST_F(EngineRequesterTest, CountsWriteDacOwnershipAndOwnerRightsAsAnAccessCheckDoes) {
  volume_.File(u"work/by entry", "O:BAG:BAD:(A;;0x40000;;;S-1-5-21-11-22-33-2001)(A;;FA;;;BA)");
  volume_.File(u"work/by group", "O:BAG:BAD:(A;;WD;;;S-1-5-21-11-22-33-3001)(A;;FA;;;BA)");
  volume_.File(u"work/deny only", "O:BAG:BAD:(A;;WD;;;S-1-5-21-11-22-33-3002)(A;;FA;;;BA)");
  volume_.File(u"work/as owner", "O:S-1-5-21-11-22-33-2001G:BAD:(A;;FA;;;BA)");
  volume_.File(u"work/owner rights", "O:S-1-5-21-11-22-33-2001G:BAD:(A;;RC;;;OW)(A;;FA;;;BA)");
  volume_.File(u"work/refused", "O:BAG:BAD:(D;;WD;;;S-1-5-21-11-22-33-3001)(A;;FA;;;S-1-5-21-11-22-33-2001)");
  GrantRequest request = As(kAnn);
  request.requester->sids.push_back(SidOf(kStaff));
  request.requester->deny_only.push_back(SidOf("S-1-5-21-11-22-33-3002"));
  Provision(request);
  EXPECT_EQ(VerdictOf("\\work\\by entry"), "covered");
  EXPECT_EQ(VerdictOf("\\work\\by group"), "covered");
  EXPECT_EQ(VerdictOf("\\work\\as owner"), "covered");
  for (const char* path : {"\\work\\deny only", "\\work\\owner rights", "\\work\\refused"})
    EXPECT_EQ(NodeOf(path).reason, Reason::kNotRequesters) << path;
}

TEST_F(EngineRequesterTest, AsksTheVeryDescriptorThatIsReplaced) {
  // After the plan, before the write: it is Bob's now, and the DACL that was planned on is the same.
  bool given = false;
  volume_.SetHook([&](fakes::Call call, const std::u16string& path) {
    if (call != fakes::Call::kWriteDacl || path != u"\\work" || std::exchange(given, true)) return;
    volume_.SetDescriptor(u"work/hers", "O:S-1-5-21-11-22-33-2002G:BAD:(A;;FA;;;BA)");
  });
  Provision(As(kAnn));
  ASSERT_TRUE(given);
  EXPECT_EQ(NodeOf("\\work\\hers").reason, Reason::kNotRequesters);
  EXPECT_THAT(DaclOf(u"work/hers"), Not(HasSubstr("we")));
}

TEST_F(EngineRequesterTest, RefusesAnIntentThatTheLedgerHoldsAndTheRequesterCouldNotWrite) {
  volume_.File(u"work/his", kBobs);
  // Killed before anything is written; then the ledger says that another one asked.
  RunAndDie([&] {
    GrantRequest request = RequestFor("\\work");
    KillBeforeCall(fakes::Call::kWriteDacl, 1);
    Provision(request);
  });
  store::Grant grant = Must(Ledger().Grants()).front();
  grant.requester = Asking(kAnn);
  Must(Ledger().UpdateGrant(grant));
  ASSERT_FALSE(ChangesIn({store::ChangeState::kIntent}).empty());
  Settle();
  EXPECT_THAT(DaclOf(u"work/hers"), HasSubstr("we"));
  EXPECT_THAT(DaclOf(u"work/his"), Not(HasSubstr("we")));
  EXPECT_EQ(NodeOf("\\work\\his").reason, Reason::kNotRequesters);
}

TEST_F(EngineRequesterTest, NeverEntersAFolderThatTheRequesterMayNotList) {
  volume_.Folder(u"work/secret", kBobs);
  volume_.File(u"work/secret/name", kBobs);
  Provision(As(kAnn));
  EXPECT_EQ(VerdictOf("\\work\\secret"), "denied: the requester may not change it");
  EXPECT_EQ(VerdictOf("\\work\\secret\\name"), "(not in the index)");
  EXPECT_EQ(Total().Objects(), 3u);
  Verify();
  EXPECT_EQ(VerdictOf("\\work\\secret\\name"), "(not in the index)");
}

TEST_F(EngineRequesterTest, WhatLiesInAFolderOfSomeoneElseIsASourceOfItsOwn) {
  volume_.Folder(u"work/shared", "O:BAG:BAD:(A;;0x1200a9;;;S-1-5-21-11-22-33-2001)(A;OICI;FA;;;BA)");
  volume_.File(u"work/shared/hers", kAnns);
  Provision(As(kAnn));
  EXPECT_EQ(NodeOf("\\work\\shared").reason, Reason::kNotRequesters);
  EXPECT_THAT(DaclOf(u"work/shared/hers"), HasSubstr("(A;;RX;;;we)"));
}

TEST_F(EngineRequesterTest, ChecksNothingForAnAdministrator) {
  volume_.File(u"work/his", kBobs);
  Provision("\\work");
  EXPECT_EQ(VerdictOf("\\work\\his"), "covered");
}

TEST_F(EngineRequesterTest, StaysSilentWhenNothingChanged) {
  volume_.File(u"work/his", kBobs);
  Provision(As(kAnn));
  const auto writes = volume_.Counters().descriptor_writes.load();
  EXPECT_EQ(Provision(As(kAnn)).changes, 0u);
  EXPECT_EQ(volume_.Counters().descriptor_writes, writes);
}

TEST_F(EngineRequesterTest, RollsBackToTheByte) {
  volume_.File(u"work/his", kBobs);
  const auto before = volume_.SecurityIds();
  Provision(As(kAnn));
  Rollback();
  ExpectAsBefore(before);
}

TEST_F(EngineRequesterTest, RefusesARootThatIsNotTheRequestersAndOneThatIsNotThereAlike) {
  volume_.Folder(u"his", kBobs);
  volume_.Folder(u"his/deep/er", kBobs);
  for (const std::string path : {"\\his", "\\nothing", "\\his\\deep\\er", "\\his\\deep\\none"}) {
    const auto refused = Register(As(kAnn, path));
    ASSERT_FALSE(refused) << path;
    EXPECT_EQ(refused.error().ToString(),
              "grant " + path + ": it does not exist, or you may not change its permissions yourself");
    EXPECT_EQ(refused.error().kind, ErrorKind::kDenied);
  }
  EXPECT_TRUE(Must(Ledger().Grants()).empty());
}

TEST_F(EngineRequesterTest, RefusesToTakeOverOrWidenTheGrantOfAnother) {
  volume_.SetDescriptor(u"work", "O:BAG:BAD:(A;OICI;FA;;;BU)");
  volume_.Folder(u"work/below", "O:BAG:BAD:(A;OICI;FA;;;BU)");
  Must(Register(As(kAnn, "\\work\\below")));
  for (const std::string path : {"\\work", "\\work\\below"}) {
    GrantRequest request = As(kBob, path);
    request.protected_policy = store::ProtectedPolicy::kGrant;
    const auto refused = Register(request);
    ASSERT_FALSE(refused) << path;
    EXPECT_EQ(refused.error().kind, ErrorKind::kDenied);
    EXPECT_THAT(refused.error().reason, HasSubstr("another user has a grant of this principal here"));
  }
  const auto grants = Must(Ledger().Grants());
  ASSERT_EQ(grants.size(), 1u);
  EXPECT_EQ(grants.front().requester->user, kAnn);
  EXPECT_EQ(grants.front().protected_policy, store::ProtectedPolicy::kReport);
  GrantRequest other_principal = As(kBob, "\\work");
  other_principal.principal = SidOf(kOtherPrincipal);
  EXPECT_TRUE(Register(other_principal));
}

TEST_F(EngineRequesterTest, RefusesAUserTheGrantOfAnAdministratorAndLetsHimTakeOverAUsers) {
  Provision("\\work");
  EXPECT_THAT(Register(As(kAnn)).error().reason, HasSubstr("an administrator has a grant of this principal"));
  Rollback();
  volume_.File(u"work/his", kBobs);
  Provision(As(kAnn));
  EXPECT_EQ(NodeOf("\\work\\his").reason, Reason::kNotRequesters);
  Provision("\\work");
  EXPECT_FALSE(Must(Ledger().Grants()).front().requester);
  EXPECT_EQ(VerdictOf("\\work\\his"), "covered");
}

TEST_F(EngineRequesterTest, ChecksByTheNewestTokenOfTheSameUser) {
  volume_.File(u"work/staff", "O:BAG:BAD:(A;;WD;;;S-1-5-21-11-22-33-3001)(A;;FA;;;BA)");
  Provision(As(kAnn));
  EXPECT_EQ(NodeOf("\\work\\staff").reason, Reason::kNotRequesters);
  GrantRequest as_staff = As(kAnn);
  as_staff.requester->sids.push_back(SidOf(kStaff));
  Provision(as_staff);
  EXPECT_EQ(VerdictOf("\\work\\staff"), "covered");
}

TEST_F(EngineRequesterTest, TakesAnEntryAwayRatherThanChangeItWhereTheRequesterMayNotAnyMore) {
  Provision(As(kAnn));
  ASSERT_THAT(DaclOf(u"work"), HasSubstr("(A;OICI;RX;;;we)"));
  // A name that is left out comes to lie below: the folder may not pass the entry on any more. But it is Bob's now, who
  // lets her list it.
  volume_.File(u"work/hers.pem", kAnns);
  std::string sddl = volume_.Sddl(u"work");
  sddl.replace(0, std::string("O:").size() + std::string(kAnn).size(), std::string("O:") + kBob);
  const std::string full = ";FA;;;" + std::string(kAnn);
  sddl.replace(sddl.find(full), full.size(), ";0x1200a9;;;" + std::string(kAnn));
  volume_.SetDescriptor(u"work", sddl.c_str());
  store::Grant grant = Must(Ledger().Grants()).front();
  grant.rules.excludes = {"*.pem"};
  grant.state = store::GrantState::kScanning;
  Must(Ledger().UpdateGrant(grant));
  Must(Engine(MakeEnvironment()).Provision({grant}));
  EXPECT_THAT(DaclOf(u"work"), Not(HasSubstr("we")));
  EXPECT_EQ(NodeOf("\\work").reason, Reason::kNotRequesters);
  EXPECT_EQ(VerdictOf("\\work\\hers"), "covered");
}

TEST_F(EngineRequesterTest, RefusesAUserWhatOnlyAnAdministratorCanKnow) {
  GrantRequest ours = As(kAnn);
  ours.principal_is_ours = true;
  EXPECT_EQ(Register(ours).error().kind, ErrorKind::kDenied);
  GrantRequest lists = As(kAnn);
  lists.rules.sensitive_names = {"nothing"};
  EXPECT_EQ(Register(lists).error().kind, ErrorKind::kDenied);
  GrantRequest appdata = As(kAnn);
  appdata.rules.appdata_allowed = {"Local"};
  EXPECT_EQ(Register(appdata).error().kind, ErrorKind::kDenied);
  GrantRequest mask = As(kAnn);
  mask.mask = security::kWriteDac;
  EXPECT_FALSE(Register(mask));
}

TEST_F(EngineRequesterTest, KeepsTheNumberOfAUsersGrantsBounded) {
  for (int i = 0; i < 64; ++i) {
    const std::string name = "d" + std::to_string(i);
    volume_.Folder(std::u16string(name.begin(), name.end()), kAnns);
    ASSERT_TRUE(Register(As(kAnn, "\\" + name)));
  }
  EXPECT_THAT(Register(As(kAnn)).error().reason, HasSubstr("which is the most"));
}

}  // namespace
}  // namespace acledger::scanner
