// SPDX-License-Identifier: MIT
// How fast the work goes on, over a machine and a clock that the test owns.
#include "daemon/service/pace.h"

#include <gtest/gtest.h>

namespace acledger::daemon {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class FakeLoad final : public LoadSource {
 public:
  Expected<LoadSample> Sample() override {
    ++samples;
    if (fails) return Fail(ErrorKind::kIo, "read the load", "broken");
    return now;
  }
  Expected<bool> SavesEnergy() override {
    if (power_fails) return Fail(ErrorKind::kIo, "read the power", "broken");
    return saves;
  }

  // Two processors work for so long: we and the others that share of them.
  void Pass(milliseconds time, double own, double others) {
    const auto part = [&](double share) {
      return std::chrono::nanoseconds(static_cast<std::int64_t>(2e6 * static_cast<double>(time.count()) * share));
    };
    now.capacity += 2 * time;
    now.own += part(own);
    now.busy += part(own + others);
  }

  LoadSample now;
  bool saves = false, fails = false, power_fails = false;
  int samples = 0;
};

class PaceTest : public testing::Test {
 protected:
  // One batch: works for so long, then asks.
  Breath Batch(milliseconds work, double others, bool is_waited_for = false) {
    load_.Pass(work, 0.4, others);
    now_ += work;
    const Breath breath = pace_.Next(now_, is_waited_for);
    load_.Pass(breath.rest, 0, others);
    now_ += breath.rest;
    return breath;
  }

  FakeLoad load_;
  Pace pace_{&load_, {}};
  Moment now_{1000};
};

TEST_F(PaceTest, RestsForNobodyOnAMachineThatIsOurs) {
  pace_.Begin(now_);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Batch(milliseconds(400), 0).rest, Moment{});
  EXPECT_EQ(pace_.Now(), Speed::kPolite);
}

TEST_F(PaceTest, DoesNotRestForItsOwnWork) {
  pace_.Begin(now_);
  load_.Pass(milliseconds(0), 0, 0);
  (void)pace_.Next(now_, false);
  load_.Pass(milliseconds(400), 1.0, 0);
  EXPECT_EQ(pace_.Next(now_ + milliseconds(400), false).rest, Moment{});
}

TEST_F(PaceTest, RestsTheLongerTheMoreOthersWork) {
  pace_.Begin(now_);
  (void)Batch(milliseconds(400), 0);
  EXPECT_EQ(Batch(milliseconds(400), 0.2).rest, Moment{});
  const Moment some = Batch(milliseconds(400), 0.4).rest;
  const Moment more = Batch(milliseconds(400), 0.6).rest;
  EXPECT_GT(some, Moment{});
  EXPECT_GT(more, some);
  EXPECT_LE(more, milliseconds(1600));
}

TEST_F(PaceTest, NeverRestsPastItsLimit) {
  pace_.Begin(now_);
  (void)Batch(seconds(60), 0.6);
  EXPECT_EQ(Batch(seconds(60), 0.6).rest, milliseconds(2'000));
}

TEST_F(PaceTest, DoesNotCountTheRestAsWork) {
  pace_.Begin(now_);
  (void)Batch(milliseconds(300), 0.6);
  const Moment first = Batch(milliseconds(300), 0.6).rest;
  for (int i = 0; i < 10; ++i) EXPECT_LE(std::chrono::abs(Batch(milliseconds(300), 0.6).rest - first), milliseconds(5));
}

TEST_F(PaceTest, DoesNotCountTheTimeBeforeAJobAsWork) {
  (void)Batch(milliseconds(300), 0.6);
  load_.Pass(seconds(100), 0, 0.6);
  now_ += seconds(100);
  pace_.Begin(now_);
  EXPECT_EQ(pace_.Next(now_, false).rest, Moment{});
}

TEST_F(PaceTest, LooksAtTheMachineAFewTimesASecondOnly) {
  pace_.Begin(now_);
  for (int i = 0; i < 1000; ++i) (void)Batch(milliseconds(1), 0);
  EXPECT_LE(load_.samples, 5);
}

TEST_F(PaceTest, NeverSlowsWhatSomebodyWaitsFor) {
  load_.saves = true;
  pace_.Begin(now_);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Batch(milliseconds(400), 0.6, true).rest, Moment{});
  EXPECT_EQ(pace_.Now(), Speed::kPolite);
}

TEST_F(PaceTest, WaitsForAsLongAsTheBatterySaverIsOn) {
  load_.saves = true;
  pace_.Begin(now_);
  for (int i = 0; i < 3; ++i) {
    const Breath breath = Batch(milliseconds(10), 0);
    EXPECT_GT(breath.rest, Moment{});
    EXPECT_TRUE(breath.ask_again);
    EXPECT_EQ(pace_.Now(), Speed::kWaitingForPower);
  }
  load_.saves = false;
  EXPECT_EQ(Batch(seconds(2), 0).rest, Moment{});
  EXPECT_EQ(pace_.Now(), Speed::kPolite);
}

TEST_F(PaceTest, GoesOnWithTheBatterySaverWhereItIsToldTo) {
  load_.saves = true;
  pace_.Set({.waits_on_battery = false});
  EXPECT_EQ(Batch(milliseconds(10), 0).rest, Moment{});
}

TEST_F(PaceTest, AtFullSpeedCaresForNothing) {
  load_.saves = true;
  pace_.Set({.full_speed = true});
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Batch(milliseconds(400), 0.6).rest, Moment{});
  EXPECT_EQ(pace_.Now(), Speed::kFull);
  EXPECT_EQ(load_.samples, 0);
}

TEST_F(PaceTest, SaysOnceThatItCannotLookAndTakesTheMachineForIdle) {
  load_.fails = true;
  EXPECT_EQ(Batch(milliseconds(400), 0.6).trouble->reason, "broken");
  EXPECT_FALSE(Batch(milliseconds(400), 0.6).trouble);
  EXPECT_EQ(Batch(milliseconds(400), 0.6).rest, Moment{});
  load_.fails = false;
  (void)Batch(milliseconds(400), 0.6);
  EXPECT_GT(Batch(milliseconds(400), 0.6).rest, Moment{});
}

TEST_F(PaceTest, SaysOnceThatItCannotAskForThePower) {
  load_.power_fails = true;
  EXPECT_TRUE(Batch(seconds(2), 0).trouble);
  EXPECT_FALSE(Batch(seconds(2), 0).trouble);
  EXPECT_EQ(pace_.Now(), Speed::kPolite);
}

TEST_F(PaceTest, WithoutASourceHasNoReasonToRest) {
  Pace pace(nullptr, {});
  EXPECT_EQ(pace.Next(Moment(5000), false).rest, Moment{});
}

TEST(SystemLoadTest, ReadsThisMachine) {
  const auto load = SystemLoad();
  const Expected<LoadSample> first = load->Sample();
  ASSERT_TRUE(first) << first.error().ToString();
  EXPECT_GT(first->capacity, first->busy);
  EXPECT_GT(first->busy.count(), 0);
  volatile unsigned spin = 0;
  Expected<LoadSample> second = first;
  while (second && second->own - first->own < std::chrono::milliseconds(50)) {
    for (int i = 0; i < 1'000'000; ++i) spin = spin + 1;
    second = load->Sample();
  }
  ASSERT_TRUE(second) << second.error().ToString();
  EXPECT_GE(second->capacity, first->capacity);
  EXPECT_TRUE(load->SavesEnergy().has_value());
}

}  // namespace
}  // namespace acledger::daemon
