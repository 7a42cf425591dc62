// SPDX-License-Identifier: MIT
#include "daemon/host/service_run.h"

#include <exception>
#include <thread>

namespace acledger::daemon {
namespace {

// How often it is looked whether a pause has come about, and whether a checkpoint is due.
constexpr std::chrono::milliseconds kTick{50};

Expected<void> StartAndRun(Hosted& hosted, const std::function<void()>& started) {
  try {
    if (Expected<void> done = hosted.Start(); !done) return done;
    started();
    hosted.Run();
    return {};
  } catch (const std::exception& error) {
    return Fail(ErrorKind::kIo, "run the service", error.what());
  }
}

}  // namespace

ServiceRun::ServiceRun(Hosted& hosted, StatusSink& sink) : hosted_(hosted), sink_(sink) {
  hosted_.SetOnPaused([this](bool paused) {
    const std::lock_guard lock(mutex_);
    Tell(states_.Steered(paused, Now()));
  });
}

std::chrono::milliseconds ServiceRun::Now() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun_);
}

// With the lock held.
void ServiceRun::Tell(const std::optional<StatusReport>& report) {
  if (report)
    if (const Expected<void> told = sink_.Tell(*report); !told) hosted_.Trouble(told.error());
  changed_.notify_all();
}

Expected<void> ServiceRun::Run() {
  {
    const std::lock_guard lock(mutex_);
    Tell(states_.Begin(Now()));
  }
  std::thread watcher([this] { WatchPending(); });
  Expected<void> ran = StartAndRun(hosted_, [this] {
    const std::lock_guard lock(mutex_);
    Tell(states_.Started(Now()));
  });
  {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
    changed_.notify_all();
  }
  watcher.join();
  if (!ran) hosted_.Trouble(ran.error());
  hosted_.Close();  // Who sees "stopped" may start the next one.
  const std::lock_guard lock(mutex_);
  Tell(states_.Ended(ran ? std::nullopt : std::optional(ran.error())));
  return ran;
}

// Sleeps for as long as nothing is pending.
void ServiceRun::WatchPending() {
  std::unique_lock lock(mutex_);
  while (!is_over_) {
    if (!states_.IsPending()) {
      changed_.wait(lock);
      continue;
    }
    changed_.wait_for(lock, kTick);
    if (is_over_) return;
    if (states_.State() == ServiceState::kPausePending && !hosted_.IsAtWork())
      Tell(states_.Paused(Now()));
    else
      Tell(states_.Tick(Now()));
  }
}

std::uint32_t ServiceRun::OnControl(Control control, SessionEvent event, std::uint32_t session) {
  // Held throughout: the watcher must not see a pause pending that nobody has asked for yet.
  const std::lock_guard lock(mutex_);
  const ControlAnswer answer = states_.OnControl(control, Now());
  Tell(answer.report);
  Do(answer.deed, event, session);
  return answer.code;
}

// With the lock held.
void ServiceRun::Do(Deed deed, SessionEvent event, std::uint32_t session) {
  switch (deed) {
    case Deed::kNothing:
      return;
    case Deed::kStop:
      return hosted_.Stop();
    case Deed::kPause:
      return hosted_.Pause();
    case Deed::kContinue:
      hosted_.Resume();
      return Tell(states_.Continued(Now()));
    case Deed::kTellSession:
      return hosted_.SessionChanged(event, session);
  }
}

}  // namespace acledger::daemon
