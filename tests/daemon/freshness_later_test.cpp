// SPDX-License-Identifier: MIT
// What the daemon could not look at it looks at again, and nothing else waits for that.
#include "tests/daemon/freshness_fixture.h"

namespace acledger::daemon {
namespace {

using fixtures::kOthersOnly;
using fixtures::kPrincipal;
using std::chrono::milliseconds;

using FreshnessLaterTest = fixtures::FreshnessFixture;

TEST_F(FreshnessLaterTest, LooksAgainAtAFolderThatWasBusyWhenChangesWereMissed) {
  StartAndGrant();
  volume_.File(u"work/e/new", kOthersOnly);  // Never told.
  HideFor(1, u"work/e", fakes::Call::kList);
  watch_.TellMissed({u"work"});
  Until([&] { return Verdict("\\work\\e\\new") == "covered"; });
  UntilIdle();
  EXPECT_EQ(Coverage()["covered"], 22);
  EXPECT_EQ(Coverage()["unknown"], 0);
}

TEST_F(FreshnessLaterTest, LooksAgainAtAFolderThatWasBusyWhenItChanged) {
  StartAndGrant();
  volume_.File(u"work/e/new", kOthersOnly);
  HideFor(1, u"work/e", fakes::Call::kList);
  watch_.Tell({u"work", u"e"});
  Until([&] { return Coverage()["unknown"] == 1; });
  Until([&] { return Verdict("\\work\\e\\new") == "covered"; });
  EXPECT_EQ(Coverage()["unknown"], 0);
}

TEST_F(FreshnessLaterTest, LooksAgainAfterTheStartAtAFolderThatNobodyCouldOpen) {
  StartAndGrant();
  HideFor(fakes::Fault::kAlways, u"work/e", fakes::Call::kOpenRead);
  watch_.Tell({u"work"});
  Until([&] { return Coverage()["unknown"] == 1; });
  End();
  volume_.ClearFaults();
  volume_.SetDescriptor(u"work/e/f", kOthersOnly);
  Start();
  Until([&] { return Verdict("\\work\\e\\f") == "covered"; });
  EXPECT_NE(volume_.Sddl(u"work/e/f").find(kPrincipal), std::string::npos);
}

TEST_F(FreshnessLaterTest, TriesAFolderThatStaysDeniedMoreAndMoreSeldom) {
  StartAndGrant();
  HideFor(fakes::Fault::kAlways, u"work/e", fakes::Call::kList, ErrorKind::kDenied);
  const auto listings = volume_.Counters().listings.load();
  watch_.Tell({u"work", u"e"});
  Run(milliseconds(2500));  // At once, after 1 s; then after 2 s more.
  EXPECT_GE(volume_.Counters().listings, listings + 1);
  EXPECT_LE(volume_.Counters().listings, listings + 3);
  EXPECT_TRUE(Must(Call("status"))["queue"].empty());
  const Json waited = Must(Call("wait", {{"path", "\\work"}}));
  EXPECT_EQ(waited["decided"], true);
  EXPECT_GE(waited["coverage"][0]["unknown"], 1);
  // Nothing else waits for it.
  volume_.File(u"work/c/new", kOthersOnly);
  watch_.Tell({u"work", u"c"});
  Until([&] { return Verdict("\\work\\c\\new") == "covered"; });
}

}  // namespace
}  // namespace acledger::daemon
