// SPDX-License-Identifier: MIT
#pragma once

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <asio/thread_pool.hpp>
#include <functional>
#include <memory>
#include <unordered_set>

#include "daemon/server/server.h"
#include "daemon/service/line_limit.h"
#include "daemon/service/params.h"
#include "daemon/service/plans.h"
#include "daemon/service/progress_json.h"
#include "daemon/service/worker.h"

namespace acledger::daemon {

// What a Service works on. All must outlive it.
struct ServiceParts {
  scanner::Volume& volume;
  store::Ledger& writer;
  store::Ledger& reader;     // Another opening of the same ledger, read-only: questions never wait for the writer.
  store::Ledger& explainer;  // A third one, for the thread that asks the volume.
  std::string ledger_path;
  unsigned readers = 2;
  bool polite = true;          // Gives way to other programs.
  LoadSource* load = nullptr;  // Null: nobody looks how busy the machine is.
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

  // How fast the work goes on. Any thread, at any time.
  void SetPace(const PaceSettings& settings) { worker_.SetPace(settings); }
  // As the methods `pause` and `resume` without a root, but for this run alone. Any thread.
  void SetPaused(bool paused);
  bool IsPaused();
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
  void OnTrouble(const Error& error) override;
  void ArmTroubleTimer();
  void Publish(std::string method, Json params);
  void LookAtWaits();
  void ArmTimer();

  Expected<Json> Version(const Caller& caller, Params& params);
  Expected<Json> Status(const Caller& caller, Params& params);
  Expected<Json> Coverage(const Caller& caller, Params& params);
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
  void AddGrant(const Caller& caller, Params& params, Reply reply);
  void Rollback(const Caller& caller, Params& params, Reply reply);
  void WaitFor(const Caller& caller, Params& params, Reply reply);

  static Json Listed(const std::vector<store::Grant>& grants);
  // Writes it on the worker's thread and answers then.
  void Keep(std::function<Expected<void>(store::Ledger&)> write, Json answer, Reply reply);
  static Expected<void> KeepOnHold(store::Ledger& ledger, const std::vector<store::Grant>& grants, bool on_hold);
  static Expected<bool> IsPausedForGood(store::Ledger& ledger);

  // The live grants whose root is at or above `path`, or below it.
  Expected<std::vector<store::Grant>> GrantsNear(const std::string& path);
  // The grants with exactly this root; all for an empty path. kNotFound where there is none.
  Expected<std::vector<store::Grant>> GrantsWithRoot(const std::string& root);
  // Empty: not yet.
  std::optional<Expected<Json>> AnswerOf(const Wait& wait);

  asio::io_context& io_;
  ServiceParts parts_;
  Server* server_ = nullptr;
  Log log_ = [](bool, const std::string&) {};
  std::function<void(bool)> on_paused_ = [](bool) {};
  Reload reload_;
  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  LineLimit trouble_limit_{20, std::chrono::seconds(10)};
  asio::steady_timer trouble_timer_;
  Worker worker_;
  asio::thread_pool explaining_{1};
  Plans plans_;
  asio::steady_timer timer_;
  std::unordered_set<ClientId> subscribers_;
  std::vector<std::unique_ptr<Wait>> waits_;
  ProgressPace pace_;  // The worker's thread alone.
  bool stopped_ = false;
};

}  // namespace acledger::daemon
