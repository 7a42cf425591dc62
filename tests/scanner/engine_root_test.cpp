// SPDX-License-Identifier: MIT
// The folder at a grant's root is moved away or replaced by another one; what was planned is out of date.
#include "tests/scanner/engine_fixture.h"

namespace acledger::scanner {
namespace {

using fakes::Call;
using store::GrantState;
using testing::HasSubstr;
using testing::Not;

class EngineRootTest : public EngineTest {
 protected:
  EngineRootTest() {
    batch_ = 2;
    Build(u"work");
  }
  void Build(const std::u16string& root) {
    volume_.File(root + u"/a");
    volume_.File(root + u"/sub/b");
    volume_.File(root + u"/sub/deep/c");
  }
  ProvisionReport ProvisionAgain() {
    Engine engine(MakeEnvironment());
    Must(engine.Settle());
    return Must(engine.Provision(Must(Ledger().Grants())));
  }
  void ExpectCovered() {
    for (const char* path : {"\\work", "\\work\\a", "\\work\\new", "\\work\\sub", "\\work\\sub\\deep\\c"})
      EXPECT_EQ(VerdictOf(path), "covered") << path;
    EXPECT_THAT(DaclOf(u"work/new"), HasSubstr("RX;;;we"));
    ExpectTrueRollUps();
  }
  void ExpectNothingBelow(const char16_t* root) {
    for (const char16_t* name : {u"", u"/a", u"/sub", u"/sub/b", u"/sub/deep", u"/sub/deep/c"})
      EXPECT_THAT(DaclOf(std::u16string(root) + name), Not(HasSubstr("we")));
  }
};

// Volume and ledger of its own.
class Again : public EngineRootTest {
 public:
  void TestBody() override {}
  // The work stops at that call, and the root is replaced.
  void StopAndReplaceAt(unsigned call) {
    volume_.SetHook([this, left = call](Call, const std::u16string&) mutable {
      if (left > 0 && --left == 0) stop_ = true;
    });
    Provision("\\work");
    volume_.SetHook({});
    stop_ = false;
    volume_.Move(u"work", u"old");
    Build(u"work");
    volume_.File(u"work/new");
  }
  using EngineRootTest::ExpectCovered;
  using EngineRootTest::ExpectNothingBelow;
  using EngineRootTest::ProvisionAgain;
  using EngineTest::Rollback;
};

TEST_F(EngineRootTest, AReplacedRootIsCoveredAndTheOldOneIsNotAnyMore) {
  Provision("\\work");
  volume_.Move(u"work", u"old");
  Build(u"work");
  volume_.File(u"work/new");
  const std::string plain = DaclOf(u"work/new");
  EXPECT_TRUE(ProvisionAgain().complete);
  ExpectCovered();
  ExpectNothingBelow(u"old");
  EXPECT_EQ(Must(Ledger().Grants()).front().root_id, volume_.Id(u"work"));
  EXPECT_EQ(ProvisionAgain().changes, 0u);
  const RollbackReport report = Rollback();
  EXPECT_TRUE(report.complete);
  ExpectNothingBelow(u"work");
  EXPECT_EQ(DaclOf(u"work/new"), plain);
}

TEST_F(EngineRootTest, ARootThatWasDeletedAndMadeAgainIsCovered) {
  Provision("\\work");
  volume_.Move(u"work", u"old");
  volume_.Delete(u"old");
  Build(u"work");
  volume_.File(u"work/new");
  const auto before = volume_.SecurityIds();
  EXPECT_TRUE(ProvisionAgain().complete);
  ExpectCovered();
  EXPECT_TRUE(Rollback().complete);
  ExpectAsBefore(before);
}

TEST_F(EngineRootTest, ARollbackRightAfterTheRootWasReplacedIsExact) {
  const auto before = volume_.SecurityIds();
  Provision("\\work");
  volume_.Move(u"work", u"old");
  Build(u"work");
  EXPECT_TRUE(Rollback().complete);
  ExpectNothingBelow(u"old");
  ExpectNothingBelow(u"work");
  EXPECT_EQ(volume_.SecurityId(u"old/a"), before.at("\\work\\a"));
}

TEST_F(EngineRootTest, AReplacementInAnyPhaseIsMetByTheNextRun) {
  for (unsigned nth = 1; nth < 60; nth += 2) {
    SCOPED_TRACE("replaced before call " + std::to_string(nth));
    Again world;
    world.StopAndReplaceAt(nth);
    EXPECT_TRUE(world.ProvisionAgain().complete);
    world.ExpectCovered();
    world.ExpectNothingBelow(u"old");
    EXPECT_TRUE(world.Rollback().complete);
    world.ExpectNothingBelow(u"work");
    world.ExpectNothingBelow(u"old");
    if (HasFailure()) break;
  }
}

TEST_F(EngineRootTest, AReparsePointThatTookTheRootsPlaceIsNeverFollowed) {
  Provision("\\work");
  volume_.Move(u"work", u"old");
  volume_.ReparsePoint(u"work", 0xA0000003);
  const auto before = volume_.SecurityIds();
  Engine engine(MakeEnvironment());
  const auto done = engine.Provision(Must(Ledger().Grants()));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::kUnsupported);
  ExpectAsBefore(before);
}

TEST_F(EngineRootTest, ANewRootThatIsNotTheRequestersIsNotTaken) {
  store::Requester requester;
  requester.user = "S-1-5-21-7-7-7-1";
  requester.sids = {SidOf("S-1-5-21-7-7-7-1")};
  GrantRequest request = RequestFor("\\mine");
  request.requester = requester;
  volume_.Folder(u"mine", "O:S-1-5-21-7-7-7-1G:BAD:(A;OICI;FA;;;S-1-5-21-7-7-7-1)");
  volume_.File(u"mine/a");
  EXPECT_TRUE(Provision(request).complete);
  volume_.Move(u"mine", u"old");
  volume_.File(u"mine/secret");
  Engine engine(MakeEnvironment());
  const auto done = engine.Provision(Must(Ledger().Grants()));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::kDenied);
  EXPECT_EQ(VerdictOf("\\mine\\secret"), "(not in the index)");
}

// The writer has done two batches, the second one below the root, when that is moved away.
TEST_F(EngineRootTest, ARootThatIsMovedBetweenTwoBatchesIsNotWrittenBelow) {
  batch_ = 1;
  volume_.SetHook([this, writes = 0, moved = false](Call call, const std::u16string&) mutable {
    if (writes == 2 && !moved && (call == Call::kOpenRead || call == Call::kOpenWrite)) {
      moved = true;
      volume_.Move(u"work", u"else/work");
    }
    writes += call == Call::kWriteDacl;
  });
  Provision("\\work");
  volume_.SetHook({});
  for (const char16_t* path : {u"else/work/sub", u"else/work/sub/b", u"else/work/sub/deep/c"})
    EXPECT_THAT(DaclOf(path), Not(HasSubstr("we")));
}

// --- What has moved out of the grant, where something else cannot be looked at or written.

class MovedOutTest : public EngineTest {
 protected:
  MovedOutTest() {
    request_.rules.excludes = {"**/never"};  // Each entry is an explicit one.
    volume_.File(u"work/a");
    volume_.File(u"work/bad");
    volume_.File(u"work/sub/b");
    volume_.Folder(u"else");
    plain_ = DaclOf(u"work/a");
    Provision("\\work");
  }
  void FailAlways(Call call, std::u16string path) {
    volume_.Inject({.call = call, .path = std::move(path), .error = kDenied, .times = fakes::Fault::kAlways});
  }
  const Error kDenied{ErrorKind::kDenied, "by the test", {}, 5, "access is denied"};
  std::string plain_;
};

TEST_F(MovedOutTest, IsStrippedThoughSomethingElseCannotBeWritten) {
  volume_.SetDescriptor(u"work/bad", "O:BAG:BAD:(A;;FA;;;BA)");
  FailAlways(Call::kOpenWrite, u"work/bad");
  volume_.Move(u"work/a", u"else/a");
  EXPECT_EQ(Provision("\\work").failures, 1u);
  EXPECT_EQ(DaclOf(u"else/a"), plain_);
}

TEST_F(MovedOutTest, IsStrippedThoughSomethingElseCannotBeOpened) {
  FailAlways(Call::kOpenRead, u"work/bad");
  volume_.Move(u"work/a", u"else/a");
  Provision("\\work");
  EXPECT_EQ(DaclOf(u"else/a"), plain_);
}

TEST_F(MovedOutTest, IsLeftAloneWhereItBelongsBehindAFolderThatCannotBeListed) {
  FailAlways(Call::kList, u"work/sub");
  volume_.Move(u"work/a", u"work/sub/a");
  Provision("\\work");
  EXPECT_NE(DaclOf(u"work/sub/a"), plain_);
  volume_.ClearFaults();
  Provision("\\work");
  EXPECT_EQ(VerdictOf("\\work\\sub\\a"), "covered");
}

TEST_F(MovedOutTest, IsTriedAgainByARunThatFindsNothingElse) {
  FailAlways(Call::kOpenRead, u"work/bad");
  volume_.Inject({.call = Call::kNames, .path = u"else/a", .error = kDenied, .times = 1});
  volume_.Move(u"work/a", u"else/a");
  EXPECT_TRUE(Provision("\\work").complete);
  EXPECT_NE(DaclOf(u"else/a"), plain_);  // Nobody could say where it is.
  Provision("\\work");
  EXPECT_EQ(DaclOf(u"else/a"), plain_);
}

TEST_F(MovedOutTest, IsTriedAgainWhereItCouldNotBeWritten) {
  volume_.Move(u"work/a", u"else/a");
  FailAlways(Call::kOpenWrite, u"else/a");
  Provision("\\work");
  EXPECT_NE(DaclOf(u"else/a"), plain_);
  volume_.ClearFaults();
  Provision("\\work");
  EXPECT_EQ(DaclOf(u"else/a"), plain_);
}

// --- What was missed while a grant was under way.

class StaleTest : public EngineRootTest {
 protected:
  // Stops a provision at that call, adds a file where it may have looked already, and marks the grant.
  GrantState MissAfter(unsigned call) {
    volume_.SetHook([this, left = call](Call, const std::u16string&) mutable {
      if (left > 0 && --left == 0) stop_ = true;
    });
    Provision("\\work");
    volume_.SetHook({});
    stop_ = false;
    volume_.File(u"work/sub/missed", "O:BAG:BAD:(A;;FA;;;BA)");
    const store::Grant grant = Must(Ledger().Grants()).front();
    Must(Ledger().SetStale(grant.id, true));
    return grant.state;
  }
};

TEST_F(StaleTest, AGrantThatIsMarkedInAnyStateIsScannedFromItsRoot) {
  std::set<GrantState> met;
  for (unsigned call = 8; call < 70; call += 3) {
    SCOPED_TRACE("stopped at call " + std::to_string(call));
    met.insert(MissAfter(call));
    EXPECT_TRUE(ProvisionAgain().complete);
    EXPECT_EQ(VerdictOf("\\work\\sub\\missed"), "covered");
    EXPECT_FALSE(Must(Ledger().Grants()).front().is_stale);
    ExpectTrueRollUps();
    Rollback();
    volume_.Delete(u"work/sub/missed");
  }
  EXPECT_THAT(met, testing::IsSupersetOf({GrantState::kScanning, GrantState::kApplying}));
}

}  // namespace
}  // namespace acledger::scanner
