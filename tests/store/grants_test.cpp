// SPDX-License-Identifier: MIT
#include "tests/store/ledger_fixture.h"

namespace acledger::store {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::SizeIs;

class Grants : public LedgerTest {};

TEST_F(Grants, ComeBackAsTheyWereGiven) {
  Grant grant = MakeGrant();
  grant.principal = Take(security::Sid::FromString("S-1-5-21-1-2-3-1001"));
  grant.principal_is_ours = true;
  grant.mask = 0x80000000;
  grant.root_id = {0x0005000000000005, 0xFEDCBA9876543210};
  grant.protected_policy = ProtectedPolicy::kGrant;
  grant.rules = {{"**/*.pem", "caf\xC3\xA9\\*"}, {".vault", ".safe"}, {"Local\\Programs"}, {"\\keys\\id"}};
  grant.token_sids = {security::Sid::Everyone(), security::Sid::Users()};
  grant.state = GrantState::kPlanning;
  grant.is_permanent = false;
  grant.requester = Requester{"S-1-5-21-1-2-3-1000", {security::Sid::Users()}, {security::Sid::Administrators()}, 7, 9};
  grant.id = Take(Open()->AddGrant(grant));

  const auto grants = Take(Open()->Grants());
  ASSERT_THAT(grants, SizeIs(1));
  EXPECT_EQ(grants[0].id, grant.id);
  EXPECT_EQ(grants[0].principal, grant.principal);
  EXPECT_TRUE(grants[0].principal_is_ours);
  EXPECT_EQ(grants[0].mask, grant.mask);
  EXPECT_EQ(grants[0].root, grant.root);
  EXPECT_EQ(grants[0].root_id, grant.root_id);
  EXPECT_EQ(grants[0].protected_policy, grant.protected_policy);
  EXPECT_EQ(grants[0].rules, grant.rules);
  EXPECT_EQ(grants[0].token_sids, grant.token_sids);
  EXPECT_EQ(grants[0].state, grant.state);
  EXPECT_FALSE(grants[0].is_permanent);
  EXPECT_EQ(grants[0].requester, grant.requester);
}

TEST_F(Grants, KeepWhatIsSaidOfThemApartFromTheirPolicy) {
  auto ledger = Open();
  Grant grant = MakeGrant();
  grant.id = Take(ledger->AddGrant(grant));
  ASSERT_THAT(ledger->SetOnHold(grant.id, true), IsOk());
  ASSERT_THAT(ledger->SetStale(grant.id, true), IsOk());
  grant.is_permanent = false;
  ASSERT_THAT(ledger->UpdateGrant(grant), IsOk());

  const Grant now = Take(ledger->Grants()).at(0);
  EXPECT_TRUE(now.on_hold && now.is_stale && !now.is_permanent);

  ASSERT_THAT(ledger->SetOnHold(grant.id, false), IsOk());
  EXPECT_FALSE(Take(ledger->Grants()).at(0).on_hold);
  EXPECT_TRUE(Take(ledger->Grants()).at(0).is_stale);
}

TEST_F(Grants, HaveHoldersThatComeAndGo) {
  auto ledger = Open();
  const GrantId grant = Take(ledger->AddGrant(MakeGrant()));
  Holder holder{0, grant, "1000", 41, 1234567, 99};
  holder.id = Take(ledger->AddHolder(holder));
  EXPECT_THAT(Take(ledger->Holders()), ElementsAre(holder));
  ASSERT_THAT(ledger->RemoveHolder(holder.id), IsOk());
  EXPECT_THAT(Take(ledger->Holders()), testing::IsEmpty());
  EXPECT_THAT(ledger->RemoveHolder(holder.id), FailsWith(ErrorKind::kNotFound, "holder"));
}

TEST_F(Grants, StandBesideSettingsThatOutliveTheProcess) {
  EXPECT_EQ(Take(Open()->Setting("paused")), "");
  ASSERT_THAT(Open()->SetSetting("paused", "yes"), IsOk());
  EXPECT_EQ(Take(Open()->Setting("paused")), "yes");
}

TEST_F(Grants, LeaveTheListOnceTheyAreRolledBack) {
  auto ledger = Open();
  const GrantId first = Take(ledger->AddGrant(MakeGrant("\\a")));
  const GrantId second = Take(ledger->AddGrant(MakeGrant("\\b")));

  ASSERT_THAT(ledger->SetGrantState(first, GrantState::kRolledBack), IsOk());

  EXPECT_THAT(Take(ledger->Grants()), ElementsAre(Field(&Grant::id, second)));
  EXPECT_THAT(Take(ledger->AllGrants()), ElementsAre(Field(&Grant::id, first), Field(&Grant::id, second)));
}

TEST_F(Grants, TakeANewPolicyAndNewLists) {
  auto ledger = Open();
  Grant grant = MakeGrant();
  grant.rules.excludes = {"old", "older"};
  grant.id = Take(ledger->AddGrant(grant));

  grant.rules.excludes = {"new"};
  grant.token_sids = {security::Sid::Local()};
  grant.protected_policy = ProtectedPolicy::kGrant;
  grant.state = GrantState::kComplete;
  ASSERT_THAT(ledger->UpdateGrant(grant), IsOk());

  const auto grants = Take(ledger->Grants());
  ASSERT_THAT(grants, SizeIs(1));
  EXPECT_THAT(grants[0].rules.excludes, ElementsAre("new"));
  EXPECT_THAT(grants[0].token_sids, ElementsAre(security::Sid::Local()));
  EXPECT_EQ(grants[0].protected_policy, ProtectedPolicy::kGrant);
  EXPECT_EQ(grants[0].state, GrantState::kComplete);
}

TEST_F(Grants, SayThatOneIsNotThere) {
  auto ledger = Open();
  EXPECT_THAT(ledger->SetGrantState(7, GrantState::kComplete), FailsWith(ErrorKind::kNotFound, "no grant 7"));
}

TEST_F(Grants, KeepTheirNumbersForThemselves) {
  auto ledger = Open();
  const GrantId first = Take(ledger->AddGrant(MakeGrant()));
  const GrantId second = Take(ledger->AddGrant(MakeGrant()));
  EXPECT_LT(first, second);
}

TEST_F(Grants, StoreAnUnpairedSurrogateInAnExclusion) {
  auto ledger = Open();
  Grant grant = MakeGrant();
  grant.rules.excludes = {"bad\xED\xA0\x80name"};
  Take(ledger->AddGrant(grant));
  EXPECT_EQ(Take(ledger->Grants())[0].rules.excludes, grant.rules.excludes);
}

}  // namespace
}  // namespace acledger::store
