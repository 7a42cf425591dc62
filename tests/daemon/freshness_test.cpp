// SPDX-License-Identifier: MIT
// What was provisioned stays true: the service with a fake volume and a watch that the test speaks for.
#include <random>

#include "tests/daemon/freshness_fixture.h"

namespace acledger::daemon {
namespace {

using fixtures::kOthersOnly;
using fixtures::kPrincipal;
using scanner::PathComponents;
using std::chrono::milliseconds;

using FreshnessTest = fixtures::FreshnessFixture;

TEST_F(FreshnessTest, CoversWhatIsMovedIn) {
  StartAndGrant();
  volume_.File(u"else/tree/deep/f", kOthersOnly);
  volume_.Move(u"else/tree", u"work/a/tree");
  watch_.Tell({u"work", u"a"});
  Until([&] { return Verdict("\\work\\a\\tree\\deep\\f") == "covered"; });
}

TEST_F(FreshnessTest, RepairsAnEntryThatWasTakenOut) {
  StartAndGrant();
  const std::string granted = volume_.Sddl(u"work/b/f");
  volume_.SetDescriptor(u"work/b/f", kOthersOnly);
  watch_.Tell({u"work", u"b"});
  Until([&] { return volume_.Sddl(u"work/b/f") == granted; });
}

TEST_F(FreshnessTest, IsNotKeptBusyByItsOwnWrites) {
  TellOwnWrites();
  StartAndGrant();
  const auto writes = volume_.Counters().descriptor_writes.load();
  const auto listings = volume_.Counters().listings.load();
  const auto rows = writer_->Stats()->rows_written;
  EXPECT_EQ(writes, 21u);
  EXPECT_EQ(Coverage()["covered"], 21);
  // Of the first provisioning: one scan, and a look or two at each folder.
  EXPECT_LE(listings, 11u * 3);
  volume_.File(u"work/c/new", kOthersOnly);
  watch_.Tell({u"work", u"c"});
  UntilIdle();
  EXPECT_EQ(volume_.Counters().descriptor_writes, writes + 1);
  EXPECT_EQ(volume_.Counters().listings, listings + 2);  // The look, and the one after our own write.
  const auto settled = writer_->Stats()->rows_written;
  EXPECT_GT(settled, rows);
  watch_.Tell({u"work", u"c"});
  UntilIdle();
  EXPECT_EQ(writer_->Stats()->rows_written, settled);
}

TEST_F(FreshnessTest, LosesNoEditThatOthersMakeWhileItWrites) {
  bool edited = false;
  also_ = [&](const std::u16string& path) {
    if (path != u"\\work\\h\\f" || std::exchange(edited, true)) return;
    volume_.SetDescriptor(u"work/a/f", kOthersOnly);
    watch_.Tell({u"work", u"a"});
  };
  TellOwnWrites();
  StartAndGrant();
  EXPECT_TRUE(edited);
  Until([&] { return volume_.Sddl(u"work/a/f").find(kPrincipal) != std::string::npos; });
}

TEST_F(FreshnessTest, SaysUnknownAtOnceWhereChangesWereMissed) {
  StartAndGrant();
  Must(Call("pause"));
  watch_.TellMissed({u"work"});
  Until([&] { return Coverage()["unknown"] == 21; });
  EXPECT_EQ(Coverage()["verdict"], "unknown");
  EXPECT_EQ(Coverage()["covered"], 0);
  EXPECT_EQ(Must(Call("status"))["unknown"], 21);
  EXPECT_EQ(Must(Call("explain", {{"path", "\\work\\a"}}))["grants"][0]["verdict"], "unknown");
  volume_.SetDescriptor(u"work/b/f", kOthersOnly);  // Never told.
  Must(Call("resume"));
  Until([&] { return Coverage()["covered"] == 21; });
  EXPECT_EQ(Coverage()["stale"], false);
  EXPECT_NE(volume_.Sddl(u"work/b/f").find(kPrincipal), std::string::npos);
}

TEST_F(FreshnessTest, RemembersOverARestartThatChangesWereMissed) {
  StartAndGrant();
  Must(Call("pause"));
  watch_.TellMissed({u"work"});
  Until([&] { return Coverage()["unknown"] == 21; });
  volume_.SetDescriptor(u"work/b/f", kOthersOnly);
  Start();
  EXPECT_EQ(Coverage()["unknown"], 21);
  Must(Call("resume"));
  Until([&] { return Coverage()["covered"] == 21; });
}

TEST_F(FreshnessTest, TakesAFloodForMissedChanges) {
  fresh_.gather.most_folders = 3;
  StartAndGrant();
  volume_.File(u"work/e/new", kOthersOnly);
  for (char16_t c = u'a'; c < u'k'; ++c) watch_.Tell({u"work", std::u16string(1, c)});
  Until([&] { return Verdict("\\work\\e\\new") == "covered"; });
}

TEST_F(FreshnessTest, ServesBeforeItLooksAndWritesNothingWhereNothingChanged) {
  StartAndGrant();
  service_.reset();
  fresh_.verify_at_start = true;
  const auto writes = volume_.Counters().descriptor_writes.load();
  const auto held = volume_.SecurityIds();
  volume_.SetHook([&](fakes::Call, const std::u16string&) { std::this_thread::sleep_for(milliseconds(2)); });
  Start();
  EXPECT_EQ(Coverage()["covered"], 21);
  EXPECT_FALSE(Must(Call("status"))["queue"].empty());
  UntilIdle();
  EXPECT_EQ(volume_.Counters().descriptor_writes, writes);
  EXPECT_EQ(volume_.SecurityIds(), held);
}

TEST_F(FreshnessTest, FindsAfterTheStartWhatHappenedBefore) {
  StartAndGrant();
  service_.reset();
  volume_.File(u"work/e/new", kOthersOnly);
  fresh_.verify_at_start = true;
  Start();
  Until([&] { return Verdict("\\work\\e\\new") == "covered"; });
}

TEST_F(FreshnessTest, LooksAtEverythingNowAndThen) {
  fresh_.verify_every = milliseconds(500);
  StartAndGrant();
  volume_.File(u"work/e/new", kOthersOnly);  // Never told.
  Until([&] { return Verdict("\\work\\e\\new") == "covered"; });
}

TEST_F(FreshnessTest, DoesNothingWhileNothingHappens) {
  StartAndGrant();
  const auto opens = volume_.Counters().opens.load();
  Run(milliseconds(300));
  io_.restart();
  EXPECT_EQ(io_.poll(), 0u);
  EXPECT_EQ(volume_.Counters().opens, opens);
}

TEST_F(FreshnessTest, WatchesFromTheWishToTheRollback) {
  StartAndGrant();
  EXPECT_TRUE(watch_.Roots().contains({u"work"}));
  Must(Call("rollback", {{"all", true}}));
  Until([&] { return watch_.Roots().empty(); });
}

TEST_F(FreshnessTest, WatchesARootAgainThatWasLost) {
  StartAndGrant();
  volume_.File(u"work/e/new", kOthersOnly);
  watch_.TellLost({u"work"});
  Until([&] { return Verdict("\\work\\e\\new") == "covered" && watch_.Roots().contains({u"work"}); });
}

TEST_F(FreshnessTest, SaysWhatItCannotWatch) {
  watch_.Refuse(true);
  StartAndGrant();
  EXPECT_GT(errors_, 0);
  EXPECT_NE(log_.find("only the verify finds them"), std::string::npos);
}

// It goes on from where it stood, and that is from before.
TEST_F(FreshnessTest, FindsAfterTheStartWhatHappenedBeforeInAGrantThatWasNotFinished) {
  StartAndGrant();
  service_.reset();
  MakeUnfinished(store::GrantState::kApplying);
  volume_.File(u"work/e/new", kOthersOnly);
  fresh_.verify_at_start = true;
  Start();
  Until([&] { return Verdict("\\work\\e\\new") == "covered"; });
}

TEST_F(FreshnessTest, BeginsAnewWhatWasNotFinishedWhenChangesWereMissed) {
  StartAndGrant();
  for (const auto state : {store::GrantState::kScanning, store::GrantState::kPlanning, store::GrantState::kApplying}) {
    service_.reset();
    MakeUnfinished(state);
    ASSERT_TRUE(writer_->SetSetting("paused", "yes"));
    Start();
    const std::string name = "new-" + std::to_string(static_cast<int>(state));
    volume_.File(u"work/e/" + std::u16string(name.begin(), name.end()), kOthersOnly);
    watch_.TellMissed({u"work"});
    Until([&] { return Coverage()["stale"] == true; });
    Must(Call("resume"));
    Until([&] { return Verdict("\\work\\e\\" + name) == "covered"; });
    UntilIdle();
    EXPECT_EQ(Coverage()["stale"], false);
  }
}

TEST_F(FreshnessTest, FinishesALookThatFailedHalfWay) {
  StartAndGrant();
  volume_.FailNext(fakes::Call::kFlush, {ErrorKind::kIo, "flush", {}, 0, "injected by the test"});
  volume_.File(u"work/e/new", kOthersOnly);
  watch_.Tell({u"work", u"e"});
  Until([&] { return Verdict("\\work\\e\\new") == "covered"; });
  UntilIdle();
  EXPECT_EQ(Must(Call("status"))["roots"][0]["state"], "complete");
}

TEST_F(FreshnessTest, KeepsTrueWhatIsAcquiredForAWhile) {
  Start();
  Must(Call("acquire", {{"principal", kPrincipal}, {"roots", Json::array({"\\work"})}, {"pid", getpid()}}));
  Must(Call("wait", {{"path", "\\work"}}));
  UntilIdle();
  EXPECT_TRUE(watch_.Roots().contains({u"work"}));
  volume_.File(u"work/e/new", kOthersOnly);
  watch_.Tell({u"work", u"e"});
  Until([&] { return Verdict("\\work\\e\\new") == "covered"; });
}

TEST_F(FreshnessTest, HearsOfARootThatCameBack) {
  StartAndGrant();
  watch_.Refuse(true);
  watch_.TellLost({u"work"});
  UntilIdle();
  watch_.Refuse(false);
  volume_.File(u"work/e/new", kOthersOnly);
  watch_.TellTo({u"work"}, {});  // Something in the folder above it.
  Until([&] { return Verdict("\\work\\e\\new") == "covered" && watch_.Roots().contains({u"work"}); });
}

// A machine that is started every day is looked at too.
TEST_F(FreshnessTest, CountsTheTimeToTheNextLookOverARestart) {
  journal_ = &a_journal_;
  StartAndGrant();
  service_.reset();
  volume_.File(u"work/e/new", kOthersOnly);  // Nobody tells.
  Start();
  UntilIdle();
  EXPECT_NE(Verdict("\\work\\e\\new"), "covered");
  service_.reset();
  const auto yesterday = std::chrono::system_clock::now().time_since_epoch() - std::chrono::hours(25);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(yesterday).count();
  ASSERT_TRUE(writer_->SetSetting("looked_at", "1:" + std::to_string(seconds)));
  Start();
  Until([&] { return Verdict("\\work\\e\\new") == "covered"; });
}

TEST_F(FreshnessTest, LeavesAPausedGrantAloneAfterTheStartToo) {
  StartAndGrant();
  Must(Call("pause", {{"root", "\\work"}}));
  service_.reset();
  volume_.File(u"work/e/new", kOthersOnly);
  fresh_.verify_at_start = true;
  fresh_.verify_every = milliseconds(20);
  Start();
  Run(milliseconds(300));
  EXPECT_EQ(volume_.Sddl(u"work/e/new").find(kPrincipal), std::string::npos);
  Must(Call("verify"));  // Compares, and leaves it at that.
  Run(milliseconds(300));
  EXPECT_EQ(volume_.Sddl(u"work/e/new").find(kPrincipal), std::string::npos);
  Must(Call("resume"));
  Until([&] { return Verdict("\\work\\e\\new") == "covered"; });
}

// What is held back in memory is gone with the daemon: the journal has to tell it again.
TEST_F(FreshnessTest, FollowsTheJournalNoFurtherThanItLooked) {
  journal_ = &a_journal_;
  StartAndGrant();
  Must(Call("grant", {{"principal", kPrincipal}, {"roots", Json::array({"\\else"})}}));
  Must(Call("wait", {{"path", "\\else"}}));
  UntilIdle();
  Must(Call("pause", {{"root", "\\work"}}));
  const std::string place = *reader_->Setting("usn");
  volume_.File(u"work/e/new", kOthersOnly);
  a_journal_.Note(volume_.Id(u"work/e/new"), volume_.Id(u"work/e"), scanner::kUsnFileCreate);
  watch_.Tell({u"work", u"e"});
  Run(milliseconds(100));
  for (int i = 0; i < 2; ++i) {
    Run(milliseconds(2100));  // A place counts once it has been followed for that long.
    Must(Call("verify", {{"root", "\\else"}}));
    Run(milliseconds(100));
  }
  EXPECT_EQ(*reader_->Setting("usn"), place);
}

TEST_F(FreshnessTest, LeavesAPausedGrantAlone) {
  StartAndGrant();
  Must(Call("pause"));
  volume_.File(u"work/e/new", kOthersOnly);
  watch_.Tell({u"work", u"e"});
  Run(milliseconds(200));
  EXPECT_EQ(volume_.Sddl(u"work/e/new").find(kPrincipal), std::string::npos);
  Must(Call("resume"));
  Until([&] { return Verdict("\\work\\e\\new") == "covered"; });
}

TEST_F(FreshnessTest, LearnsFromTheJournalWhatHappenedWhileItWasDown) {
  journal_ = &a_journal_;
  fresh_.verify_at_start = true;
  StartAndGrant();
  Start();  // Notes its place once it is through.
  UntilIdle();
  ASSERT_NE(*reader_->Setting("usn"), "");
  service_.reset();
  volume_.File(u"work/e/new", kOthersOnly);
  a_journal_.Note(volume_.Id(u"work/e/new"), volume_.Id(u"work/e"), scanner::kUsnFileCreate);
  const auto listings = volume_.Counters().listings.load();
  Start();
  Until([&] { return Verdict("\\work\\e\\new") == "covered"; });
  UntilIdle();
  EXPECT_EQ(volume_.Counters().listings, listings + 1);  // Of that folder; no scan.
}

TEST_F(FreshnessTest, SaysUnknownWhereTheJournalHasBeenOverwritten) {
  journal_ = &a_journal_;
  fresh_.verify_at_start = true;
  StartAndGrant();
  Start();
  UntilIdle();
  service_.reset();
  volume_.File(u"work/e/new", kOthersOnly);  // In no journal any more.
  a_journal_.state.first = a_journal_.state.next += 100;
  ASSERT_TRUE(writer_->SetSetting("paused", "yes"));
  Start();
  Until([&] { return Coverage()["stale"] == true; });
  EXPECT_NE(Verdict("\\work\\e\\new"), "covered");
  Must(Call("resume"));
  Until([&] { return Verdict("\\work\\e\\new") == "covered"; });
  UntilIdle();
  EXPECT_EQ(Coverage()["stale"], false);
}

// Events come doubled, out of order, late, and some are lost, which is told.
TEST_F(FreshnessTest, EndsRightWhateverTheOrderOfEvents) {
  StartAndGrant();
  std::mt19937 random(7);
  for (int round = 0; round < 15; ++round) {
    std::vector<PathComponents> events;
    for (int i = 0; i < 5; ++i) {
      const std::u16string letter(1, static_cast<char16_t>(u'a' + random() % 10));
      const std::u16string path =
          u"work/" + letter + u"/n" + std::u16string(1, static_cast<char16_t>(u'a' + random() % 5));
      events.push_back({u"work", letter});
      if (!volume_.Exists(path))
        volume_.File(path, kOthersOnly);
      else if (random() % 2)
        volume_.Delete(path);
      else
        volume_.SetDescriptor(path, kOthersOnly);
    }
    events.insert(events.end(), events.begin(), events.begin() + 2);
    std::shuffle(events.begin(), events.end(), random);
    const bool lose = random() % 3 == 0;
    for (std::size_t i = lose ? 3 : 0; i < events.size(); ++i) watch_.Tell(events[i]);
    if (lose) watch_.TellMissed({u"work"});
    if (random() % 2) Run(milliseconds(random() % 20));
  }
  UntilIdle();
  for (const std::string& path : volume_.Paths()) {
    if (!path.starts_with("\\work")) continue;
    EXPECT_NE(volume_.Sddl(std::u16string(path.begin(), path.end())).find(kPrincipal), std::string::npos) << path;
  }
  EXPECT_EQ(Coverage()["covered"], Coverage()["objects"]);
}

}  // namespace
}  // namespace acledger::daemon
