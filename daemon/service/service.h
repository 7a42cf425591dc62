// SPDX-License-Identifier: MIT
#pragma once

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <unordered_map>

#include "daemon/server/server.h"
#include "daemon/service/asking.h"
#include "daemon/service/freshness.h"
#include "daemon/service/holders.h"
#include "daemon/service/line_limit.h"
#include "daemon/service/params.h"
#include "daemon/service/permission.h"
#include "daemon/service/plans.h"
#include "daemon/service/polite_volume.h"
#include "daemon/service/progress_json.h"
#include "daemon/service/worker.h"
#include "daemon/snapshot/keeper.h"

namespace acledger::daemon {

// What a Service works on. All must outlive it.
struct ServiceParts {
  scanner::Volume& volume;
  store::Ledger& writer;
  store::Ledger& reader;     // Another opening of the same ledger, read-only: questions never wait for the writer.
  store::Ledger& explainer;  // A third one, for the thread that asks the volume.
  std::string ledger_path;
  unsigned readers = 2;
  bool snapshots = false;                  // Keeps a file for each user beside the ledger: daemon/snapshot.
  bool polite = true;                      // Gives way to other programs.
  ProcessTable* processes = nullptr;       // Null: the system's.
  LoadSource* load = nullptr;              // Null: nobody looks how busy the machine is.
  scanner::ChangeWatch* watch = nullptr;   // Null: nobody else writes the volume (an image).
  scanner::UsnJournal* journal = nullptr;  // Null: the volume keeps none.
  FreshOptions fresh = {};
};

// The methods behind the Server: questions are answered at once from roll-ups, wishes go to the Worker. docs/ipc.md
// tells methods, parameters and answers. Lives on the thread of the io_context.
class Service final : public Handler, private WorkerObserver {
 public:
  Service(asio::io_context& io, const ServiceParts& parts);
  ~Service() override;
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  // Notifications go through it. Before Start().
  void Attach(Server& server) { server_ = &server; }
  Expected<void> Start();
  // Finishes the batch; waiting calls are told so.
  void Stop();

  void Call(const Caller& caller, std::string method, Json params, Reply reply) override;
  void Gone(ClientId client) override;
  void Trouble(const Error& error) override;

  // To whom users may have granted; from the configuration. On the thread of the io_context.
  void SetPrincipals(store::UserPrincipals principals) { permission_.SetPrincipals(std::move(principals)); }
  static std::vector<std::string_view> MethodNames();
  // How fast the work goes on. Any thread, at any time.
  void SetPace(const PaceSettings& settings) {
    background_.SetGivesWay(!settings.full_speed);
    worker_.SetPace(settings);
  }
  // As the methods `pause` and `resume` without a root, but for this run alone. Any thread.
  void SetPaused(bool paused);
  // A look at everything so long after the last one; 0: never. On the thread of the io_context.
  void SetVerifyEvery(Moment every) {
    if (fresh_) fresh_->SetVerifyEvery(every);
  }
  bool IsPaused();
  // Principals of the ledger's grants, each once. Before Start().
  Expected<std::vector<security::Sid>> Sandboxes();
  // Called on the thread that writes the ledger, once what came with the volume is adopted. Before Start().
  void SetOnAdopted(std::function<Expected<void>()> on_adopted) { on_adopted_ = std::move(on_adopted); }
  // Told when a client paused or resumed everything, on any thread. Before Start().
  void SetOnPaused(std::function<void(bool paused)> on_paused) { on_paused_ = std::move(on_paused); }
  // Whether a job runs at this moment. Any thread.
  bool IsAtWork();
  // Queues a look at everything that is granted, after whatever else is to be done.
  Expected<void> LookAgain();
  // What the method `reload` does; without it there is nothing to read. Before Start().
  using Reload = std::function<Expected<Json>()>;
  void SetReload(Reload reload) { reload_ = std::move(reload); }

  // For the log: each line once, on any thread.
  using Log = std::function<void(bool is_error, const std::string& line)>;
  void SetLog(Log log) { log_ = std::move(log); }

 private:
  struct Method;
  struct Wait;
  static const std::vector<std::pair<std::string_view, Method>>& Methods();

  void OnProgress(const Job& job, const scanner::ProgressState& state) override;
  void OnEnded(const JobReport& report) override;
  void OnNote(const Job& job, const std::string& text) override;
  void OnAdopted() override;
  void OnTrouble(const Error& error) override;
  void ArmTroubleTimer();
  void OnLooked(const JobReport& report);
  void KeepFresh();
  void Publish(std::string method, Json params);
  void WakeWaits();  // Any thread.
  void LookAtWaits();
  void ArmTimer();

  Expected<Json> Version(const Caller& caller, Params& params);
  Expected<Json> Status(const Caller& caller, Params& params);
  void Coverage(const Caller& caller, Params& params, Reply reply);
  Expected<Json> Failures(const Caller& caller, Params& params);
  void Pause(const Caller& caller, Params& params, Reply reply);
  void Resume(const Caller& caller, Params& params, Reply reply);
  void Cancel(const Caller& caller, Params& params, Reply reply);
  Expected<Json> Prioritise(const Caller& caller, Params& params);
  Expected<Json> Subscribe(const Caller& caller, Params& params);
  Expected<Json> Verify(const Caller& caller, Params& params);
  Expected<Json> ReadAgain(const Caller& caller, Params& params);
  void Explain(const Caller& caller, Params& params, Reply reply);
  Expected<Json> Plan(const Caller& caller, Params& params);
  Expected<Json> Index(const Caller& caller, Params& params);
  void AddGrant(const Caller& caller, Params& params, Reply reply);
  void Rollback(const Caller& caller, Params& params, Reply reply);
  void Revoke(const Caller& caller, Params& params, Reply reply);
  void Dismiss(const Caller& caller, Params& params, Reply reply);
  void WaitFor(const Caller& caller, Params& params, Reply reply);
  void Acquire(const Caller& caller, Params& params, Reply reply);
  void Release(const Caller& caller, Params& params, Reply reply);
  Expected<Json> Holders(const Caller& caller, Params& params);

  static Expected<Json> DismissNow(const scanner::DismissRequest& request, scanner::Engine& engine,
                                   store::Ledger& ledger, Worker::Wishes& wishes);
  Expected<void> QueueBegun(const scanner::Begun& begun, store::Ledger& ledger, Worker::Wishes& wishes,
                            scanner::IndexUse index = scanner::IndexUse::kAuto);
  // On the worker's thread.
  Expected<Json> IndexNow(const std::optional<store::Grant>& principal, bool no_store,
                          const std::function<void(Json)>& progress);
  Expected<store::Holder> HolderFor(const Caller& caller, std::uint64_t process);
  void WaitUntilApplied(ClientId client, const Viewer& viewer, std::vector<std::string> roots,
                        std::chrono::steady_clock::time_point deadline, Json answer, Reply reply);
  void LookAtHolders();  // Any thread.
  void ReleaseDead(std::vector<store::HolderId> dead);

  static Json Listed(const std::vector<store::Grant>& grants);
  // Writes it on the worker's thread and answers then.
  using Steering = std::function<Expected<Json>(const std::vector<store::Grant>&, scanner::Engine&, store::Ledger&,
                                                Worker::Wishes&)>;
  void Steer(const std::string& root, const Viewer& viewer, Steering steer, Reply reply);
  Expected<Json> PauseAll(store::Ledger& ledger);
  // Takes their jobs out of the queue; adds them to `dropped`.
  void Drop(const std::vector<store::Grant>& grants, std::vector<Job>& dropped);
  void TellDropped(const std::vector<store::Grant>& grants, const std::vector<Job>& dropped);
  Expected<Json> ResumeThese(const std::vector<store::Grant>& grants, bool all, store::Ledger& ledger,
                             Worker::Wishes& wishes);
  struct RollbackHow {
    bool forced = false;
    scanner::IndexUse index = scanner::IndexUse::kAuto;
  };
  Expected<Json> RollbackThese(const std::vector<store::Grant>& grants, const Viewer& viewer, const RollbackHow& how,
                               scanner::Engine& engine, store::Ledger& ledger, Worker::Wishes& wishes);
  // A user may force away what he holds himself, and nobody else: kBusy, without a word of who that is.
  static Expected<void> CheckHeldByNoOther(const std::vector<store::Grant>& grants, const Viewer& viewer,
                                           store::Ledger& ledger);
  // kDenied where a user would hold too many roots. On the worker's thread, as the one before.
  static Expected<void> MayHold(const Viewer& viewer, std::size_t roots, store::Ledger& ledger);
  static std::vector<store::GrantId> IdsOf(const std::vector<store::Grant>& grants);
  static Expected<void> KeepOnHold(store::Ledger& ledger, const std::vector<store::GrantId>& grants, bool on_hold);
  static Expected<bool> IsPausedForGood(store::Ledger& ledger);

  // The viewer's live grants whose root is at or above `path`, or below it.
  Expected<std::vector<store::Grant>> GrantsNear(const std::string& path, const Viewer& viewer);
  // The viewer's grants with exactly this root; for an empty path all, which is for administrators. kNotFound where
  // there is none, or none of his.
  Expected<std::vector<store::Grant>> GrantsWithRoot(store::Ledger& ledger, const std::string& root,
                                                     const Viewer& viewer);
  // What a wait for `path` is about: GrantsNear(), and others' grants in which he may see it.
  Expected<std::vector<store::Grant>> GrantsAwaited(const std::string& path, const Viewer& viewer);
  // Whether there is nothing to wait for (any more).
  Expected<bool> IsOver(const Wait& wait);
  void AnswerWait(Wait& wait);
  // A user may have so many waits at a time.
  bool MayWait(const Viewer& viewer) const;

  asio::io_context& io_;
  ServiceParts parts_;
  Permission permission_;
  Server* server_ = nullptr;
  Log log_ = [](bool, const std::string&) {};
  std::unique_ptr<ProcessTable> own_processes_;
  ProcessTable* processes_;
  std::unique_ptr<snapshot::Keeper> keeper_;  // Null: nobody wants snapshots.
  std::function<void(bool)> on_paused_ = [](bool) {};
  std::function<Expected<void>()> on_adopted_ = [] { return Expected<void>(); };
  Reload reload_;
  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  LineLimit trouble_limit_{20, std::chrono::seconds(10)};
  asio::steady_timer trouble_timer_;
  PoliteVolume background_;  // For the worker's threads, and the pace of the keeper's.
  Worker worker_;
  HolderWatch holders_;
  std::unique_ptr<Freshness> fresh_;
  Asking asking_;
  Plans plans_;
  asio::steady_timer timer_;
  std::unordered_map<ClientId, Viewer> subscribers_;
  std::vector<std::unique_ptr<Wait>> waits_;
  ProgressPace pace_;  // The worker's thread alone.
  std::uint64_t last_index_ = 0;
  scanner::StopFlag index_stop_{false};
  bool stopped_ = false;
};

}  // namespace acledger::daemon
