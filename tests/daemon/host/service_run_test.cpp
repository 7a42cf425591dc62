// SPDX-License-Identifier: MIT
// A service's life under a manager that may lie, and a host that may fail.
#include "daemon/host/service_run.h"

#include <gmock/gmock.h>

#include <atomic>
#include <functional>
#include <stdexcept>
#include <thread>
#include <vector>

namespace acledger::daemon {
namespace {

using testing::ElementsAre;

class FakeScm final : public StatusSink {
 public:
  Expected<void> Tell(const StatusReport& report) override {
    const std::lock_guard lock(mutex_);
    reports_.push_back(report);
    if (refuses) return Fail(ErrorKind::kIo, "report the service's state", "the handle is bad");
    return {};
  }
  // Without checkpoints.
  std::vector<ServiceState> States() {
    const std::lock_guard lock(mutex_);
    std::vector<ServiceState> states;
    for (const StatusReport& report : reports_)
      if (states.empty() || states.back() != report.state) states.push_back(report.state);
    return states;
  }
  StatusReport Last() {
    const std::lock_guard lock(mutex_);
    return reports_.back();
  }

  std::atomic<bool> refuses = false;

 private:
  std::mutex mutex_;
  std::vector<StatusReport> reports_;
};

class FakeHost final : public Hosted {
 public:
  Expected<void> Start() override {
    if (in_start) in_start();
    return start;
  }
  void Run() override {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return stopped_; });
  }
  void Close() override { Note("close"); }
  void Stop() override {
    Note("stop");
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
  }
  void Pause() override { Note("pause"); }
  void Resume() override { Note("resume"); }
  bool IsAtWork() override { return at_work; }
  void SetOnPaused(std::function<void(bool)> on_paused) override { on_paused_by_client = std::move(on_paused); }
  void SessionChanged(SessionEvent event, std::uint32_t session) override {
    Note((event == SessionEvent::kLogon ? "logon " : "other ") + std::to_string(session));
  }
  void Trouble(const Error& error) override { Note("trouble: " + error.reason); }

  std::vector<std::string> Notes() {
    const std::lock_guard lock(mutex_);
    return notes_;
  }

  Expected<void> start;
  std::function<void()> in_start;
  std::function<void(bool)> on_paused_by_client;
  std::atomic<bool> at_work = false;

 private:
  void Note(std::string what) {
    const std::lock_guard lock(mutex_);
    notes_.push_back(std::move(what));
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopped_ = false;
  std::vector<std::string> notes_;
};

class ServiceRunTest : public testing::Test {
 protected:
  ~ServiceRunTest() override {
    if (!thread_.joinable()) return;
    run_.OnControl(Control::kStop);
    thread_.join();
  }

  void Begin() {
    thread_ = std::thread([this] { ran_ = run_.Run(); });
    Await(ServiceState::kRunning);
  }
  void End() {
    run_.OnControl(Control::kStop);
    thread_.join();
  }
  void Await(ServiceState state) {
    while (scm_.States().empty() || scm_.Last().state != state) std::this_thread::yield();
  }

  FakeHost host_;
  FakeScm scm_;
  ServiceRun run_{host_, scm_};
  Expected<void> ran_;
  std::thread thread_;
};

TEST_F(ServiceRunTest, StartsRunsAndStops) {
  Begin();
  End();
  EXPECT_THAT(scm_.States(), ElementsAre(ServiceState::kStartPending, ServiceState::kRunning,
                                         ServiceState::kStopPending, ServiceState::kStopped));
  EXPECT_EQ(scm_.Last().exit_code, 0u);
  EXPECT_THAT(host_.Notes(), ElementsAre("stop", "close"));
  EXPECT_TRUE(ran_.has_value());
}

TEST_F(ServiceRunTest, TellsThatItIsStoppedOnlyWhenEverythingIsClosed) {
  host_.start = Fail(ErrorKind::kBusy, "open ledger", "another one has it");
  ran_ = run_.Run();
  EXPECT_THAT(host_.Notes(), ElementsAre("trouble: another one has it", "close"));
  EXPECT_THAT(scm_.States(), ElementsAre(ServiceState::kStartPending, ServiceState::kStopped));
  EXPECT_EQ(scm_.Last().exit_code, 170u);
  EXPECT_FALSE(ran_.has_value());
}

TEST_F(ServiceRunTest, TurnsAnExceptionIntoAnExitCode) {
  host_.in_start = [] { throw std::runtime_error("out of luck"); };
  ran_ = run_.Run();
  EXPECT_EQ(ran_.error().reason, "out of luck");
  EXPECT_EQ(scm_.Last().exit_code, kServiceSpecific);
}

TEST_F(ServiceRunTest, StopsAfterAStartThatWasOvertakenByAStop) {
  host_.in_start = [this] { EXPECT_EQ(run_.OnControl(Control::kShutdown), 0u); };
  ran_ = run_.Run();
  EXPECT_THAT(scm_.States(),
              ElementsAre(ServiceState::kStartPending, ServiceState::kStopPending, ServiceState::kStopped));
}

TEST_F(ServiceRunTest, IsPausedWhenTheBatchHasEnded) {
  Begin();
  host_.at_work = true;
  EXPECT_EQ(run_.OnControl(Control::kPause), 0u);
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  EXPECT_EQ(scm_.Last().state, ServiceState::kPausePending);
  host_.at_work = false;
  Await(ServiceState::kPaused);
  EXPECT_EQ(run_.OnControl(Control::kContinue), 0u);
  Await(ServiceState::kRunning);
  End();
  EXPECT_THAT(host_.Notes(), ElementsAre("pause", "resume", "stop", "close"));
}

TEST_F(ServiceRunTest, FollowsAClientThatPauses) {
  Begin();
  host_.on_paused_by_client(true);
  Await(ServiceState::kPaused);
  host_.on_paused_by_client(false);
  Await(ServiceState::kRunning);
  End();
  EXPECT_THAT(host_.Notes(), ElementsAre("stop", "close"));
}

TEST_F(ServiceRunTest, TakesWhatDoesNotFitFromAManagerThatLies) {
  host_.in_start = [this] { EXPECT_EQ(run_.OnControl(Control::kPause), kCannotAccept); };
  EXPECT_EQ(run_.OnControl(Control::kStop), kCannotAccept) << "before the first report";
  Begin();
  EXPECT_EQ(run_.OnControl(Control::kContinue), 0u);
  EXPECT_EQ(run_.OnControl(Control::kOther), kNotImplemented);
  run_.OnControl(Control::kPreshutdown);
  run_.OnControl(Control::kStop);
  thread_.join();
  EXPECT_EQ(run_.OnControl(Control::kStop), kCannotAccept) << "after the last report";
  EXPECT_EQ(run_.OnControl(Control::kInterrogate), kCannotAccept);
  EXPECT_THAT(host_.Notes(), ElementsAre("stop", "close"));
  EXPECT_EQ(scm_.Last().state, ServiceState::kStopped);
}

TEST_F(ServiceRunTest, GoesOnWithAManagerThatTakesNoReport) {
  scm_.refuses = true;
  Begin();
  End();
  EXPECT_TRUE(ran_.has_value());
  EXPECT_THAT(host_.Notes(), testing::Contains("trouble: the handle is bad"));
  EXPECT_THAT(host_.Notes(), testing::Contains("close"));
}

TEST_F(ServiceRunTest, TellsOfALogon) {
  Begin();
  EXPECT_EQ(run_.OnControl(Control::kSessionChange, SessionEvent::kLogon, 2), 0u);
  End();
  EXPECT_THAT(host_.Notes(), ElementsAre("logon 2", "stop", "close"));
}

}  // namespace
}  // namespace acledger::daemon
