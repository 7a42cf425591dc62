// SPDX-License-Identifier: MIT
// A stop that is taken back ("pause", and "resume" soon after): what it left is left, whatever the flag says by then.
#include <chrono>
#include <thread>

#include "tests/scanner/engine_fixture.h"

namespace acledger::scanner {
namespace {

using fakes::Call;

// Stopped at the first report of a phase.
class StopsIn final : public Progress {
 public:
  StopsIn(StopFlag& stop, Phase phase) : stop_(stop), phase_(phase) {}
  void Report(const ProgressState& state) override {
    if (state.phase != phase_ || reported_) return;
    reported_ = true;
    stop_ = true;
    if (on_stop) on_stop();
  }
  std::function<void()> on_stop;

 private:
  StopFlag& stop_;
  Phase phase_;
  bool reported_ = false;
};

class EngineStopTest : public EngineTest {
 protected:
  EngineStopTest() {
    volume_.File(u"work/a");
    volume_.File(u"work/sub/b");
    volume_.File(u"else/c");
    batch_ = 1;
  }
  // Its flush takes long: until then somebody has resumed.
  void ResumeWhileFlushing() {
    volume_.SetHook([this](Call call, const std::u16string&) {
      if (call == Call::kFlush) stop_ = false;
    });
  }
  Environment With(Progress& progress) {
    return {.volume = volume_,
            .ledger = Ledger(),
            .progress = progress,
            .stop = stop_,
            .readers = readers_,
            .batch = batch_};
  }
  bool HoldsOurs(std::u16string_view path) const { return DaclOf(path).find(";we)") != std::string::npos; }
};

TEST_F(EngineStopTest, ARollbackThatLeftChangesProvesNothing) {
  const auto before = volume_.SecurityIds();
  Provision("\\work");
  StopsIn progress(stop_, Phase::kRollingBack);
  ResumeWhileFlushing();
  Engine engine(With(progress));
  Must(engine.Settle());
  const RollbackReport report = Must(engine.Rollback(GrantsNamed{}));
  EXPECT_FALSE(stop_);
  EXPECT_FALSE(report.complete);
  EXPECT_TRUE(report.stopped);
  EXPECT_TRUE(HoldsOurs(u"work") || HoldsOurs(u"work/a"));
  EXPECT_EQ(Must(Ledger().Grants()).size(), 1u);
  EXPECT_EQ(Rollback().restored, 4 - report.restored);
  ExpectAsBefore(before);
}

TEST_F(EngineStopTest, AGrantThatIsNotAllAppliedIsNotComplete) {
  StopsIn progress(stop_, Phase::kApplying);
  ResumeWhileFlushing();
  Engine engine(With(progress));
  Must(engine.Settle());
  const ProvisionReport report = Must(engine.Provision(Must(engine.Register(RequestFor("\\work"), notes_))));
  EXPECT_FALSE(stop_);
  EXPECT_FALSE(report.complete);
  const ProvisionReport rest = Provision("\\work");
  EXPECT_TRUE(rest.complete);
  EXPECT_EQ(rest.changes, 4 - report.changes);
  EXPECT_EQ(Total()[store::Verdict::kCovered], 4u);
}

// What was granted here and moved away is taken back in the middle of a provision.
TEST_F(EngineStopTest, WhatMovedAwayAndWasNotTakenBackKeepsItsGrantFromBeingComplete) {
  Provision("\\work");
  volume_.Move(u"work/a", u"else/a");
  volume_.Move(u"work/sub/b", u"else/b");
  StopsIn progress(stop_, Phase::kRollingBack);
  ResumeWhileFlushing();
  Engine engine(With(progress));
  Must(engine.Settle());
  EXPECT_FALSE(Must(engine.Provision(Must(Ledger().Grants()))).complete);
  EXPECT_FALSE(stop_);
  EXPECT_TRUE(HoldsOurs(u"else/a") || HoldsOurs(u"else/b"));
  EXPECT_TRUE(Provision("\\work").complete);
  EXPECT_FALSE(HoldsOurs(u"else/a") || HoldsOurs(u"else/b"));
}

TEST_F(EngineStopTest, ReadersThatStoppedAreNotWaitedFor) {
  for (char16_t name = u'd'; name < u'm'; ++name) volume_.Folder(std::u16string(u"else/") + name);
  Provision("\\work");
  readers_ = 1;
  std::atomic<bool> resumed = false;
  volume_.SetHook([&](Call call, const std::u16string& path) {
    while (call == Call::kList && path.starts_with(u"\\else") && !stop_ && !resumed) std::this_thread::yield();
  });
  StopsIn progress(stop_, Phase::kSweeping);
  progress.on_stop = [&] {  // The reader reads its folder to the end, and ends with others unread.
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    resumed = true;
    stop_ = false;
  };
  Engine engine(With(progress));
  Must(engine.Settle());
  EXPECT_FALSE(Must(engine.Rollback(GrantsNamed{})).complete);
  EXPECT_TRUE(Rollback().complete);
}

}  // namespace
}  // namespace acledger::scanner
