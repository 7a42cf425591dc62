// SPDX-License-Identifier: MIT
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <variant>

#include "daemon/service/later_looks.h"
#include "daemon/service/pace.h"
#include "daemon/service/queue.h"
#include "scanner/engine.h"

namespace acledger::daemon {

// What is still to be done for a grant in this state.
std::optional<Work> UnfinishedWork(store::GrantState state);

// What one job came to.
struct JobReport {
  Job job;
  std::string root;
  Ended how = Ended::kDone;
  std::optional<Error> error;                                                                     // With kFailed.
  std::variant<scanner::ProvisionReport, scanner::VerifyReport, scanner::RollbackReport> result;  // By job.work.
  bool was_stale = false;                        // The grant was marked when the job began.
  bool held = false;                             // Nothing was done: a person put the grant on hold.
  std::vector<scanner::PathComponents> folders;  // Of a look.
};

// Told on the worker's thread.
class WorkerObserver {
 public:
  virtual ~WorkerObserver() = default;
  virtual void OnProgress(const Job& job, const scanner::ProgressState& state) = 0;
  virtual void OnEnded(const JobReport& report) = 0;
  // Something that a person may want to know, and that changes no result.
  virtual void OnNote(const Job& job, const std::string& text) = 0;
  // The ledger that came with the volume is adopted, durably; no job began yet.
  virtual void OnAdopted() {}
  // Nothing that stops the work: the load of the machine cannot be read, say.
  virtual void OnTrouble(const Error& error) = 0;
};

// The one thread that changes the volume and writes the ledger. It works the queue off, one grant at a time, and gives
// way between two batches to what is more urgent, to commands, and to its end: whatever it leaves is resumable.
class Worker {
 public:
  // All must outlive the Worker; from Start() on the ledger is used by its thread alone.
  // `load` (may be null) as for Pace.
  Worker(scanner::Volume& volume, store::Ledger& ledger, WorkerObserver& observer, unsigned readers, LoadSource* load,
         const PaceSettings& pace);
  ~Worker();  // Stop().
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Settles what an unclean stop left, queues every grant that is not finished, and begins. Once. A ledger that came
  // with the volume is adopted first, which may take minutes: by the thread, before any job or command; what fails then
  // is told as trouble, and tried again a minute later.
  Expected<void> Start();
  // Finishes the batch and ends the thread. Commands that were not begun are dropped.
  void Stop();

  // Runs `command` on the worker's thread, before the next job. Any thread. It may use WithQueue().
  // What a command wishes for is in the queue before Put() returns: who is answered then finds it there.
  class Wishes {
   public:
    explicit Wishes(Worker& worker) : worker_(worker) {}
    void Put(const Job& job);

   private:
    Worker& worker_;
  };
  using Command = std::function<void(scanner::Engine& engine, store::Ledger& ledger, Wishes& wishes)>;
  void Post(Command command);

  // How fast it works, from now on and at this moment. Any thread.
  void SetPace(const PaceSettings& settings);
  Speed CurrentSpeed();
  // These folders changed: they are looked at again when the grant's turn comes. While the grant is worked on they
  // wait, so that our own writes cost one look and an edit of others in that time is found. None: those that wait, if
  // any. Any thread.
  void LookAt(store::GrantId grant, Urgency urgency, const std::vector<scanner::PathComponents>& folders);
  // Changes of the grant were missed: what the index says counts as unknown from now on (between two batches of the
  // running job), and everything is looked at again. While the grant itself is provisioned it is only looked at again.
  void Missed(store::GrantId grant, Urgency urgency);
  // Somebody waits for this path: within its grant it comes first. Any thread.
  void IsWaitedFor(const std::string& path);
  // What is begun for the grant is finished, and then everything is looked at again. Any thread.
  void LookAtAllAfterwards(store::GrantId grant, Urgency urgency);
  // Of changes that it was told, some are not looked at yet. Any thread.
  bool HoldsBack();

  // Looks at or changes the queue. Any thread; `use` is short and does not throw.
  template <class Use>
  auto WithQueue(const Use& use) {
    const std::lock_guard lock(mutex_);
    if constexpr (std::is_void_v<decltype(use(queue_))>) {
      use(queue_);
      Reconsider();
    } else {
      auto result = use(queue_);
      Reconsider();
      return result;
    }
  }

 private:
  class Relay;

  Expected<void> Prepare(const scanner::StopFlag& stop);
  Expected<void> QueueUnfinished();
  void AdoptFirst(std::unique_lock<std::mutex>& lock);
  void Loop();
  void RunCommands(std::unique_lock<std::mutex>& lock);
  void RunJob(std::unique_lock<std::mutex>& lock, const Job& job);
  void Rest(bool is_begin);
  void TakePriority();
  bool RunsWhatIsWaitedFor() const;
  JobReport Do(const Job& job);
  void DoProvision(const store::Grant& grant, JobReport& report);
  void DoVerify(const store::Grant& grant, JobReport& report);
  void DoRollback(JobReport& report);
  void RevisitAll(std::unique_lock<std::mutex>& lock);
  void DoLook(const store::Grant& grant, JobReport& report);
  void AfterWhole(const JobReport& report);
  void HoldBack(store::GrantId grant, Urgency urgency, const std::vector<scanner::PathComponents>& folders);
  Expected<void> PlanLater(store::GrantId id, bool whole);
  void NoteUnlisted(const JobReport& report);
  void TakeLater();
  std::optional<Moment> NextRetry() const;
  void Forget(store::GrantId grant);
  void MarkMissed(std::optional<store::GrantId> but);
  void Reconsider();
  bool MayInterrupt() const;
  void NoteReport();
  Moment Now() const;

  scanner::Volume& volume_;
  store::Ledger& ledger_;
  WorkerObserver& observer_;
  unsigned readers_;
  std::unique_ptr<Relay> relay_;
  scanner::StopFlag give_way_{false};
  scanner::WaitedPaths waited_;
  scanner::Engine engine_;

  std::mutex mutex_;
  std::condition_variable changed_;
  Queue queue_;
  std::vector<Command> commands_;
  std::map<store::GrantId, std::set<scanner::PathComponents>> changed_folders_;
  std::map<store::GrantId, Urgency> missed_;
  std::map<store::GrantId, Urgency> afterwards_;  // To be looked at as a whole when what is begun is done.
  LaterLooks later_;
  bool ending_ = false;
  bool to_adopt_ = false;
  scanner::StopFlag adoption_ends_{false};
  Moment job_begun_{};
  std::optional<Moment> interruptible_;  // From when on the running job ends for a command.
  Moment resting_until_{};
  // What could not be taken back before is to be tried again: at the start, and after each verify.
  bool to_revisit_ = false;
  Pace pace_;
  bool pace_changed_ = false;
  bool gives_way_to_others_ = false;  // The thread's alone.
  std::thread thread_;
  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

}  // namespace acledger::daemon
