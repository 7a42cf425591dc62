// SPDX-License-Identifier: MIT
// Folders that cannot be opened or listed: nobody says how it is in them, and a later look finds out.
#include <set>

#include "scanner/unlisted.h"
#include "tests/scanner/engine_fixture.h"

namespace acledger::scanner {
namespace {

using fakes::Call;
using store::ChangeState;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kOthersOnly = "O:BAG:BAD:(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)";

class UnlistedTest : public EngineTest {
 protected:
  UnlistedTest() {
    for (const char16_t* path : {u"work/top", u"work/a/f", u"work/a/deep/down/g", u"work/a/deep/.ssh/id", u"work/b/h"})
      volume_.File(path, kOthersOnly);
    Provision("\\work");
    changes_ = LiveChanges();
  }

  store::Grant Grant() { return Must(Ledger().Grants()).front(); }
  void MakeStale() { Must(Ledger().SetStale(Grant().id, true)); }
  // As the daemon does: the grant is as the ledger has it.
  ProvisionReport ProvisionAgain() {
    Engine engine(MakeEnvironment());
    Must(engine.Settle());
    return Must(engine.Provision({Grant()}));
  }
  void Fail(Call call, std::u16string path, ErrorKind kind = ErrorKind::kBusy) {
    volume_.Inject({.call = call,
                    .path = std::move(path),
                    .error = Error{kind, "by the test", {}, 0, "injected"},
                    .times = fakes::Fault::kAlways});
  }
  ProvisionReport Look(const std::vector<PathComponents>& changed) {
    Engine engine(MakeEnvironment());
    Must(engine.Settle());
    return Must(engine.LookAgain(Grant(), changed));
  }
  ProvisionReport Look(std::initializer_list<std::string_view> changed) {
    std::vector<PathComponents> paths;
    for (const std::string_view path : changed) paths.push_back(Must(ParsePath(path)).components);
    return Look(paths);
  }
  std::vector<std::string> Unlisted() {
    std::vector<std::string> paths;
    for (const PathComponents& path : Must(UnlistedFolders(Ledger(), Grant()))) paths.push_back(FormatPath(path));
    return paths;
  }
  ProvisionReport LookAtUnlisted() { return Look(Must(UnlistedFolders(Ledger(), Grant()))); }
  std::set<std::string> LiveChanges() {
    std::set<std::string> live;
    for (const store::Change& change : ChangesIn({ChangeState::kApplied, ChangeState::kFinal}))
      live.insert(change.file_id.ToString());
    return live;
  }
  std::uint64_t Written() { return Must(Ledger().Stats()).rows_written; }
  // Of everything below work/a but for the exclusion.
  void ExpectUnknownBelowA() {
    for (const char* path : {"\\work\\a\\f", "\\work\\a\\deep", "\\work\\a\\deep\\down", "\\work\\a\\deep\\down\\g"}) {
      EXPECT_EQ(VerdictOf(path), "unknown") << path;
      EXPECT_EQ(NodeOf(path).descriptor, 0) << path;
    }
    EXPECT_EQ(VerdictOf("\\work\\a\\deep\\.ssh"), "skipped: sensitive name");
    EXPECT_NE(NodeOf("\\work\\a\\deep\\.ssh").descriptor, 0);
    EXPECT_EQ(VerdictOf("\\work\\b\\h"), "covered");
    EXPECT_EQ(Total()[store::Verdict::kUnknown], 4u);
    ExpectTrueRollUps();
    EXPECT_EQ(LiveChanges(), changes_);
  }
  void ExpectConverged() {
    ExpectTrueRollUps();
    EXPECT_THAT(Failures(), IsEmpty());
    EXPECT_EQ(Total()[store::Verdict::kUnknown], 0u);
    const auto before = volume_.SecurityIds();
    const auto counts = Total();
    EXPECT_EQ(ProvisionAgain().changes, 0u);
    EXPECT_EQ(volume_.SecurityIds(), before);
    EXPECT_EQ(Total(), counts);
  }

  std::set<std::string> changes_;
};

TEST_F(UnlistedTest, AStaleScanThatCannotListAFolderSaysUnknownOfWhatIsInIt) {
  const auto held = volume_.SecurityIds();
  MakeStale();
  Fail(Call::kList, u"work/a");
  const ProvisionReport report = ProvisionAgain();
  EXPECT_TRUE(report.complete);
  EXPECT_EQ(report.unlisted, 1u);
  EXPECT_FALSE(Grant().is_stale);
  EXPECT_EQ(VerdictOf("\\work\\a"), "covered");
  ExpectUnknownBelowA();
  EXPECT_EQ(volume_.SecurityIds(), held);
  EXPECT_THAT(Unlisted(), ElementsAre("\\work\\a"));
}

TEST_F(UnlistedTest, AStaleScanThatCannotOpenAFolderKeepsWhatIsInItAsUnknown) {
  const auto held = volume_.SecurityIds();
  MakeStale();
  Fail(Call::kOpenRead, u"work/a");
  EXPECT_EQ(ProvisionAgain().unlisted, 1u);
  EXPECT_EQ(VerdictOf("\\work\\a"), "failed");
  ExpectUnknownBelowA();
  EXPECT_EQ(volume_.SecurityIds(), held);
  EXPECT_THAT(Unlisted(), ElementsAre("\\work\\a"));
}

TEST_F(UnlistedTest, AStaleGrantThatIsWantedAgainIsFreshAfterItsScan) {
  MakeStale();
  Provision("\\work");
  EXPECT_FALSE(Grant().is_stale);
}

TEST_F(UnlistedTest, KeepsTheNamesThatABrokenListingReached) {
  for (char16_t c = u'i'; c < u'q'; ++c) volume_.File(u"work/b/" + std::u16string(1, c), kOthersOnly);
  ProvisionAgain();
  volume_.SetHook([&, left = 1](Call call, const std::u16string& path) mutable {
    if (call == Call::kList && path == u"\\work\\b" && left-- == 0) Fail(Call::kList, u"work/b");
  });
  MakeStale();
  Fail(Call::kList, u"work/b");
  EXPECT_EQ(ProvisionAgain().unlisted, 1u);
  EXPECT_EQ(Total()[store::Verdict::kUnknown], 9u);
  ExpectTrueRollUps();
}

TEST_F(UnlistedTest, AFolderThatIsGoneLeavesTheIndex) {
  bool done = false;
  volume_.SetHook([&](Call call, const std::u16string& path) {
    if (call == Call::kOpenRead && path == u"\\work\\a" && !std::exchange(done, true)) volume_.Delete(u"work/a");
  });
  MakeStale();
  EXPECT_EQ(ProvisionAgain().unlisted, 0u);
  EXPECT_EQ(VerdictOf("\\work\\a"), "(not in the index)");
  EXPECT_EQ(LiveChanges(), changes_);
  ExpectTrueRollUps();
}

// Its listing calls it a reparse point, as long as nobody opens it.
TEST_F(UnlistedTest, ACloudFolderThatIsBusyIsLookedAtLater) {
  volume_.ReparsePoint(u"work/cloud", 0x9000601A, true, kOthersOnly);
  volume_.File(u"work/cloud/f", kOthersOnly);
  ProvisionAgain();
  ASSERT_EQ(VerdictOf("\\work\\cloud\\f"), "covered");
  changes_ = LiveChanges();
  MakeStale();
  Fail(Call::kOpenRead, u"work/cloud");
  ProvisionAgain();
  EXPECT_EQ(VerdictOf("\\work\\cloud"), "failed");
  EXPECT_EQ(VerdictOf("\\work\\cloud\\f"), "unknown");
  EXPECT_EQ(LiveChanges(), changes_);
  EXPECT_THAT(Unlisted(), ElementsAre("\\work\\cloud"));
}

TEST_F(UnlistedTest, WhatAnotherLookCannotMendIsNotCounted) {
  MakeStale();
  Fail(Call::kList, u"work/a", ErrorKind::kUnsupported);
  EXPECT_EQ(ProvisionAgain().unlisted, 0u);
  ExpectUnknownBelowA();
  EXPECT_THAT(Unlisted(), IsEmpty());
}

TEST_F(UnlistedTest, AFileThatCannotBeOpenedIsNoFolder) {
  Fail(Call::kOpenRead, u"work/top");
  EXPECT_EQ(ProvisionAgain().unlisted, 0u);
  EXPECT_THAT(Unlisted(), IsEmpty());
}

TEST_F(UnlistedTest, WritesNothingWhileItGoesOnFailing) {
  for (const Call call : {Call::kList, Call::kOpenRead}) {
    Fail(call, u"work/a", ErrorKind::kDenied);
    MakeStale();
    ProvisionAgain();
    const auto rows = Written();
    for (int i = 0; i < 3; ++i) {
      const ProvisionReport report = LookAtUnlisted();
      EXPECT_TRUE(report.complete);
      EXPECT_FALSE(report.whole || report.differs);
      EXPECT_EQ(report.unlisted, 1u);
    }
    EXPECT_EQ(Written(), rows);
    EXPECT_EQ(Failures().size(), 1u);
    ExpectUnknownBelowA();
    volume_.ClearFaults();
    LookAtUnlisted();
    ExpectConverged();
  }
}

TEST_F(UnlistedTest, ALookThatCannotListAFolderSaysUnknownOfWhatIsInIt) {
  Fail(Call::kList, u"work/a");
  const ProvisionReport report = Look({"\\work\\a"});
  EXPECT_TRUE(report.complete);
  EXPECT_FALSE(report.whole);
  EXPECT_EQ(report.unlisted, 1u);
  ExpectUnknownBelowA();
}

TEST_F(UnlistedTest, ALookThatCannotOpenAFolderKeepsWhatIsInItAsUnknown) {
  Fail(Call::kOpenRead, u"work/a");
  const ProvisionReport report = Look({"\\work\\a\\deep"});
  EXPECT_TRUE(report.complete);
  EXPECT_FALSE(report.whole);
  EXPECT_EQ(report.unlisted, 1u);
  EXPECT_EQ(VerdictOf("\\work\\a"), "failed");
  ExpectUnknownBelowA();
}

// Of what happened below it while nobody could look nobody tells again.
TEST_F(UnlistedTest, ALaterLookEntersItWholly) {
  for (const Call call : {Call::kList, Call::kOpenRead}) {
    Fail(call, u"work/a");
    Look({"\\work\\a"});
    volume_.SetDescriptor(u"work/a/deep/down/g", kOthersOnly);
    volume_.ClearFaults();
    const ProvisionReport report = LookAtUnlisted();
    EXPECT_FALSE(report.whole);
    EXPECT_EQ(report.changes, 1u);
    EXPECT_EQ(VerdictOf("\\work\\a\\deep\\down\\g"), "covered");
    ExpectConverged();
  }
}

// Entered wholly, what was known of its inside may have gone; what lies behind another closed door has not.
TEST_F(UnlistedTest, KeepsTheRecordsBehindAFolderThatStaysClosedWhenTheOneAboveOpens) {
  for (const bool opens_by_id : {true, false}) {
    Fail(Call::kOpenRead, u"work/a");
    Look({"\\work\\a"});
    volume_.ClearFaults();
    Fail(Call::kOpenRead, u"work/a/deep", ErrorKind::kDenied);
    if (!opens_by_id)
      for (const char16_t* path : {u"work/a/deep/down", u"work/a/deep/down/g", u"work/a/deep/.ssh"})
        Fail(Call::kOpenRead, path, ErrorKind::kDenied);
    const ProvisionReport report = LookAtUnlisted();
    EXPECT_FALSE(report.whole);
    EXPECT_EQ(report.undecided, 0u);
    EXPECT_EQ(VerdictOf("\\work\\a\\f"), "covered");
    EXPECT_EQ(VerdictOf("\\work\\a\\deep\\down\\g"), "unknown");
    EXPECT_EQ(LiveChanges(), changes_);
    volume_.ClearFaults();
    LookAtUnlisted();
    ExpectConverged();
  }
}

TEST_F(UnlistedTest, AScanThatIsResumedStillKnowsWhatItMetBefore) {
  for (const char16_t* path : {u"work/0/f", u"work/z/f"}) volume_.File(path, kOthersOnly);
  ProvisionAgain();
  Fail(Call::kList, u"work/a");
  volume_.SetHook([&](Call call, const std::u16string& path) {
    if (call == Call::kList && path == u"\\work\\a") stop_ = true;
  });
  EXPECT_FALSE(ProvisionAgain().complete);
  stop_ = false;
  volume_.SetHook({});
  EXPECT_FALSE(Must(Ledger().Frontier(Grant().id)).empty());
  while (!ProvisionAgain().complete) {
  }
  EXPECT_EQ(VerdictOf("\\work\\a\\f"), "unknown");
  EXPECT_THAT(Unlisted(), ElementsAre("\\work\\a"));
}

TEST_F(UnlistedTest, AChangeThatIsToldOfItsInsideFindsItFromAbove) {
  for (const Call call : {Call::kList, Call::kOpenRead}) {
    Fail(call, u"work/a");
    Look({"\\work\\a"});
    EXPECT_EQ(Look({"\\work\\a\\deep\\down"}).unlisted, 1u);
    ExpectUnknownBelowA();
    volume_.ClearFaults();
    volume_.SetDescriptor(u"work/a/f", kOthersOnly);
    EXPECT_FALSE(Look({"\\work\\a\\deep\\down"}).whole);
    EXPECT_EQ(VerdictOf("\\work\\a\\f"), "covered");
    ExpectConverged();
  }
}

TEST_F(UnlistedTest, LeavesAloneWhatWasReadBelowAFolderThatCannotBeListed) {
  Fail(Call::kList, u"work/a");
  volume_.SetDescriptor(u"work/a/deep/down/g", kOthersOnly);
  const ProvisionReport report = Look({"\\work\\a", "\\work\\a\\deep\\down"});
  EXPECT_FALSE(report.whole);
  EXPECT_EQ(report.changes, 0u);
  ExpectUnknownBelowA();
  volume_.ClearFaults();
  EXPECT_EQ(LookAtUnlisted().changes, 1u);
  ExpectConverged();
}

TEST_F(UnlistedTest, LooksAtAFolderThatWasBusyForAMomentFromTheOneAboveIt) {
  for (const auto& told : {std::vector<std::string_view>{"\\work\\a\\deep\\down"},
                           std::vector<std::string_view>{"\\work\\a\\deep\\down", "\\work\\a\\deep", "\\work\\b"}}) {
    volume_.SetDescriptor(u"work/a/deep/down/g", kOthersOnly);
    volume_.FailNext(Call::kOpenRead, u"work/a/deep/down", {ErrorKind::kBusy, "open", {}, 0, "a sharing violation"});
    std::vector<PathComponents> paths;
    for (const std::string_view path : told) paths.push_back(Must(ParsePath(path)).components);
    const ProvisionReport report = Look(paths);
    EXPECT_FALSE(report.whole);
    EXPECT_EQ(report.changes, 1u);
    EXPECT_EQ(VerdictOf("\\work\\a\\deep\\down\\g"), "covered");
    ExpectConverged();
  }
}

// It still keeps the folders above it from passing an entry on.
TEST_F(UnlistedTest, AnExclusionInItStaysOne) {
  MakeStale();
  volume_.SetDescriptor(u"work/a", kOthersOnly);
  Fail(Call::kList, u"work/a/deep");
  ProvisionAgain();
  EXPECT_EQ(VerdictOf("\\work\\a"), "covered");
  EXPECT_THAT(DaclOf(u"work/a"), HasSubstr("(A;;RX;;;we)"));
  EXPECT_EQ(VerdictOf("\\work\\a\\deep\\.ssh"), "skipped: sensitive name");
}

TEST_F(UnlistedTest, AnEntryOfOursInAnExclusionBelowItWaits) {
  volume_.File(u"work/b/sub/.aws/key");  // Inherits.
  ASSERT_THAT(DaclOf(u"work/b/sub/.aws"), HasSubstr("we"));
  volume_.Inject({.call = Call::kOpenWrite, .path = u"work/b/sub/.aws", .times = fakes::Fault::kAlways});
  ProvisionAgain();
  MakeStale();
  Fail(Call::kOpenRead, u"work/b");
  EXPECT_TRUE(ProvisionAgain().complete);
  volume_.ClearFaults();
  LookAtUnlisted();
  EXPECT_THAT(DaclOf(u"work/b/sub/.aws"), Not(HasSubstr("we")));
}

TEST_F(UnlistedTest, IsTakenBackAllTheSame) {
  Fail(Call::kList, u"work/a");
  MakeStale();
  ProvisionAgain();
  volume_.ClearFaults();
  EXPECT_TRUE(Rollback().complete);
  for (const std::string& path : volume_.Paths())
    EXPECT_THAT(DaclOf(std::u16string(path.begin(), path.end())), Not(HasSubstr("we"))) << path;
}

}  // namespace
}  // namespace acledger::scanner
