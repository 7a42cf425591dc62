// SPDX-License-Identifier: MIT
// The states of a Windows service, without Windows.
#include "daemon/host/service_states.h"

#include <gtest/gtest.h>

namespace acledger::daemon {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::uint32_t kAll =
    kAcceptStop | kAcceptPauseContinue | kAcceptShutdown | kAcceptPreshutdown | kAcceptSessionChange;

ServiceStates Running() {
  ServiceStates states;
  (void)states.Begin(seconds(0));
  (void)states.Started(seconds(1));
  return states;
}

ServiceStates Paused() {
  ServiceStates states = Running();
  (void)states.OnControl(Control::kPause, seconds(2));
  (void)states.Paused(seconds(3));
  return states;
}

TEST(ServiceStates, AcceptsNothingWhileItStarts) {
  ServiceStates states;
  const StatusReport begun = states.Begin(seconds(0));
  EXPECT_EQ(begun.state, ServiceState::kStartPending);
  EXPECT_EQ(begun.accepts, 0u);
  EXPECT_EQ(begun.checkpoint, 1u);
  EXPECT_GT(begun.wait_hint, seconds(1));
}

TEST(ServiceStates, AcceptsEverythingWhileItRunsOrIsPaused) {
  EXPECT_EQ(Running().OnControl(Control::kInterrogate, seconds(5)).report->accepts, kAll);
  EXPECT_EQ(Paused().OnControl(Control::kInterrogate, seconds(5)).report->accepts, kAll);
}

TEST(ServiceStates, HasNoCheckpointOutsideAPendingState) {
  ServiceStates states = Running();
  const StatusReport report = *states.OnControl(Control::kInterrogate, seconds(5)).report;
  EXPECT_EQ(report.checkpoint, 0u);
  EXPECT_EQ(report.wait_hint.count(), 0);
  EXPECT_FALSE(states.Tick(seconds(60)));
}

TEST(ServiceStates, MovesTheCheckpointBeforeTheHintIsOver) {
  ServiceStates states;
  StatusReport last = states.Begin(seconds(0));
  for (int second = 1; second < 60; ++second) {
    const auto next = states.Tick(seconds(second));
    if (!next) continue;
    EXPECT_EQ(next->checkpoint, last.checkpoint + 1);
    EXPECT_EQ(next->state, ServiceState::kStartPending);
    last = *next;
  }
  EXPECT_GT(last.checkpoint, 6u);
}

TEST(ServiceStates, LetsBeSeenWhatHangs) {
  ServiceStates states = Running();
  (void)states.OnControl(Control::kStop, seconds(10));
  EXPECT_TRUE(states.Tick(seconds(20)));
  EXPECT_FALSE(states.Tick(minutes(30)));
}

TEST(ServiceStates, StopsFromWhereverItIs) {
  for (const Control control : {Control::kStop, Control::kShutdown, Control::kPreshutdown})
    for (ServiceStates states : {Running(), Paused()}) {
      const ControlAnswer answer = states.OnControl(control, seconds(9));
      EXPECT_EQ(answer.deed, Deed::kStop);
      EXPECT_EQ(answer.report->state, ServiceState::kStopPending);
      EXPECT_EQ(answer.report->accepts, 0u);
      EXPECT_EQ(states.Ended({})->state, ServiceState::kStopped);
    }
}

TEST(ServiceStates, StopsOnceHoweverOftenItIsTold) {
  ServiceStates states = Running();
  (void)states.OnControl(Control::kPreshutdown, seconds(2));
  for (const Control control : {Control::kStop, Control::kShutdown, Control::kPreshutdown}) {
    const ControlAnswer again = states.OnControl(control, seconds(3));
    EXPECT_EQ(again.deed, Deed::kNothing);
    EXPECT_EQ(again.report->state, ServiceState::kStopPending);
    EXPECT_EQ(again.code, 0u);
  }
}

// It never accepted one then; a system that shuts down sends it all the same.
TEST(ServiceStates, TakesAStopWhileItStarts) {
  ServiceStates states;
  (void)states.Begin(seconds(0));
  EXPECT_EQ(states.OnControl(Control::kShutdown, seconds(1)).deed, Deed::kStop);
  EXPECT_FALSE(states.Started(seconds(2))) << "it is stopping";
  EXPECT_EQ(states.State(), ServiceState::kStopPending);
}

TEST(ServiceStates, IsPausedOnlyWhenThePauseHasComeAbout) {
  ServiceStates states = Running();
  const ControlAnswer answer = states.OnControl(Control::kPause, seconds(2));
  EXPECT_EQ(answer.deed, Deed::kPause);
  EXPECT_EQ(answer.report->state, ServiceState::kPausePending);
  EXPECT_EQ(states.Paused(seconds(3))->state, ServiceState::kPaused);
}

TEST(ServiceStates, GoesOnAfterAPause) {
  ServiceStates states = Paused();
  const ControlAnswer answer = states.OnControl(Control::kContinue, seconds(4));
  EXPECT_EQ(answer.deed, Deed::kContinue);
  EXPECT_EQ(answer.report->state, ServiceState::kContinuePending);
  EXPECT_EQ(states.Continued(seconds(5))->state, ServiceState::kRunning);
}

TEST(ServiceStates, ForgetsAPauseThatAStopOvertook) {
  ServiceStates states = Running();
  (void)states.OnControl(Control::kPause, seconds(2));
  (void)states.OnControl(Control::kStop, seconds(3));
  EXPECT_FALSE(states.Paused(seconds(4)));
  EXPECT_FALSE(states.Continued(seconds(4)));
  EXPECT_FALSE(states.Steered(true, seconds(4)));
  EXPECT_EQ(states.State(), ServiceState::kStopPending);
}

TEST(ServiceStates, DoesNothingTwice) {
  ServiceStates running = Running(), paused = Paused();
  const ControlAnswer again = paused.OnControl(Control::kPause, seconds(9));
  EXPECT_EQ(again.deed, Deed::kNothing);
  EXPECT_EQ(again.report->state, ServiceState::kPaused);
  EXPECT_EQ(running.OnControl(Control::kContinue, seconds(9)).deed, Deed::kNothing);
  EXPECT_EQ(running.State(), ServiceState::kRunning);
}

TEST(ServiceStates, RefusesAPauseThatDoesNotFit) {
  ServiceStates starting, stopping = Running();
  (void)starting.Begin(seconds(0));
  (void)stopping.OnControl(Control::kStop, seconds(2));
  for (ServiceStates* states : {&starting, &stopping})
    for (const Control control : {Control::kPause, Control::kContinue}) {
      const ControlAnswer answer = states->OnControl(control, seconds(3));
      EXPECT_EQ(answer.code, kCannotAccept);
      EXPECT_EQ(answer.deed, Deed::kNothing);
      EXPECT_FALSE(answer.report);
    }
}

TEST(ServiceStates, KnowsNoOtherControls) {
  ServiceStates states = Running();
  EXPECT_EQ(states.OnControl(Control::kOther, seconds(2)).code, kNotImplemented);
  EXPECT_EQ(states.State(), ServiceState::kRunning);
}

TEST(ServiceStates, TellsOfSessionsUntilItStops) {
  ServiceStates states = Running();
  EXPECT_EQ(states.OnControl(Control::kSessionChange, seconds(2)).deed, Deed::kTellSession);
  (void)states.OnControl(Control::kStop, seconds(3));
  const ControlAnswer late = states.OnControl(Control::kSessionChange, seconds(4));
  EXPECT_EQ(late.deed, Deed::kNothing);
  EXPECT_EQ(late.code, 0u);
}

TEST(ServiceStates, FollowsWhatClientsDo) {
  ServiceStates states = Running();
  EXPECT_EQ(states.Steered(true, seconds(2))->state, ServiceState::kPausePending);
  EXPECT_FALSE(states.Steered(true, seconds(2)));
  EXPECT_EQ(states.Paused(seconds(3))->state, ServiceState::kPaused);
  EXPECT_EQ(states.Steered(false, seconds(4))->state, ServiceState::kRunning);
  EXPECT_FALSE(states.Steered(false, seconds(5)));
}

TEST(ServiceStates, SaysNothingAfterTheEnd) {
  ServiceStates states = Running();
  EXPECT_EQ(states.Ended({}), StatusReport{});
  EXPECT_FALSE(states.Ended({}));
  EXPECT_FALSE(states.Tick(seconds(60)));
  EXPECT_FALSE(states.Steered(true, seconds(60)));
  for (const Control control : {Control::kInterrogate, Control::kStop, Control::kPause}) {
    const ControlAnswer answer = states.OnControl(control, seconds(60));
    EXPECT_FALSE(answer.report);
    EXPECT_EQ(answer.deed, Deed::kNothing);
  }
}

TEST(ServiceStates, GivesAnErrorACodeThatSaysWhy) {
  const auto code = [](ErrorKind kind) { return StoppedBecause(Error{kind, "x", {}, 0, "y"}); };
  EXPECT_EQ(code(ErrorKind::kDenied).exit_code, 5u);
  EXPECT_EQ(code(ErrorKind::kNoSpace).exit_code, 112u);
  EXPECT_EQ(code(ErrorKind::kBusy).exit_code, 170u);
  const StatusReport corrupt = code(ErrorKind::kCorrupt);
  EXPECT_EQ(corrupt.exit_code, kServiceSpecific);
  EXPECT_EQ(corrupt.specific_code, 1 + static_cast<std::uint32_t>(ErrorKind::kCorrupt));
}

}  // namespace
}  // namespace acledger::daemon
