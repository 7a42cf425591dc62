// SPDX-License-Identifier: MIT
#include "daemon/service/service.h"

#include <algorithm>
#include <asio/post.hpp>
#include <limits>
#include <variant>

#include "daemon/answers/answer.h"
#include "daemon/answers/reports.h"
#include "daemon/service/service_wait.h"

namespace acledger::daemon {

namespace {

// In one answer.
constexpr std::uint64_t kMostFailures = 1000;

}  // namespace

// How it answers: at once, or later through the Reply. Who may call it: permission.h.
struct Service::Method {
  using Now = Expected<Json> (Service::*)(const Caller&, Params&);
  using Later = void (Service::*)(const Caller&, Params&, Reply);
  std::variant<Now, Later> run;
};

const std::vector<std::pair<std::string_view, Service::Method>>& Service::Methods() {
  static const std::vector<std::pair<std::string_view, Method>> methods{
      {"version", {&Service::Version}}, {"status", {&Service::Status}},         {"coverage", {&Service::Coverage}},
      {"explain", {&Service::Explain}}, {"failures", {&Service::Failures}},     {"subscribe", {&Service::Subscribe}},
      {"wait", {&Service::WaitFor}},    {"grant", {&Service::AddGrant}},        {"rollback", {&Service::Rollback}},
      {"verify", {&Service::Verify}},   {"pause", {&Service::Pause}},           {"resume", {&Service::Resume}},
      {"cancel", {&Service::Cancel}},   {"prioritise", {&Service::Prioritise}}, {"plan", {&Service::Plan}},
      {"index", {&Service::Index}},     {"acquire", {&Service::Acquire}},       {"release", {&Service::Release}},
      {"holders", {&Service::Holders}}, {"reload", {&Service::ReadAgain}},      {"revoke", {&Service::Revoke}},
      {"dismiss", {&Service::Dismiss}},
  };
  return methods;
}

Service::Service(asio::io_context& io, const ServiceParts& parts)
    : io_(io),
      parts_(parts),
      permission_(parts_.reader),
      own_processes_(parts.processes ? nullptr : SystemProcessTable()),
      processes_(parts.processes ? parts.processes : own_processes_.get()),
      trouble_timer_(io),
      background_(parts.volume, parts.polite),
      worker_(background_, parts.writer, *this, parts.readers, parts.load, {.full_speed = !parts.polite}),
      holders_(io, parts.reader, *processes_,
               [this](std::vector<store::HolderId> dead) { ReleaseDead(std::move(dead)); }),
      plans_(parts.volume, parts.ledger_path, parts.readers,
             [this](ClientId client, const char* method, Json params) {
               asio::post(io_, [this, client, method, params = std::move(params)] {
                 if (!stopped_ && server_ != nullptr) server_->Notify(client, method, params);
               });
             }),
      timer_(io) {
  if (parts.watch)
    fresh_ = std::make_unique<Freshness>(io, *parts.watch, parts.journal, parts.volume, worker_, parts.fresh);
}

std::vector<std::string_view> Service::MethodNames() {
  std::vector<std::string_view> names;
  for (const auto& [name, method] : Methods()) names.push_back(name);
  return names;
}

Service::~Service() { Stop(); }

// Nothing is scanned before it serves: what happened while no daemon ran is looked for in the background.
Expected<void> Service::Start() {
  const Expected<bool> paused = IsPausedForGood(parts_.writer);
  if (!paused) return std::unexpected(paused.error());
  if (*paused) worker_.WithQueue([](Queue& queue) { queue.PauseAll(); });
  if (parts_.snapshots) {
    const auto trouble = [this](const Error& error) { log_(true, error.ToString()); };
    Expected<std::unique_ptr<snapshot::Keeper>> keeper =
        snapshot::Keeper::Start(parts_.ledger_path, trouble, [this] { background_.Follow(); });
    if (!keeper) return std::unexpected(keeper.error());
    keeper_ = std::move(*keeper);
    parts_.writer.SetOnCommit([this] { keeper_->Wake(); });
  }
  const Expected<std::vector<store::Grant>> grants = parts_.writer.Grants();
  if (!grants) return std::unexpected(grants.error());
  for (const store::Grant& grant : *grants) permission_.KnowSandbox(grant.principal);
  if (fresh_) KeepFresh();
  if (Expected<void> started = worker_.Start(); !started) return started;
  if (fresh_) fresh_->Start(parts_.reader, *grants);
  return holders_.Look();
}

// On the thread that has the writing ledger: the worker's, or the caller's before it runs.
void Service::KeepFresh() {
  if (!fresh_) return;
  const Expected<std::vector<store::Grant>> grants = parts_.writer.Grants();
  if (!grants) return log_(true, grants.error().ToString());
  for (const Error& error : fresh_->Keep(*grants))
    log_(true, "cannot watch for changes, only the verify finds them: " + error.ToString());
}

void Service::Stop() {
  if (std::exchange(stopped_, true)) return;
  timer_.cancel();
  holders_.Stop();
  trouble_timer_.cancel();
  if (fresh_) fresh_->Stop();
  for (const auto& wait : std::exchange(waits_, {}))
    wait->reply(Fail(ErrorKind::kBusy, "wait", "the daemon is ending"));
  plans_.Stop();
  index_stop_ = true;
  worker_.Stop();
  if (keeper_) {
    parts_.writer.SetOnCommit({});
    keeper_->Stop();
  }
  asking_.Stop();
}

void Service::Call(const Caller& caller, std::string method, Json params, Reply reply) {
  if (stopped_) return reply(Fail(ErrorKind::kBusy, method, "the daemon is ending"));
  const auto& methods = Methods();
  const auto found = std::ranges::find(methods, method, &std::pair<std::string_view, Method>::first);
  if (found == methods.end()) return reply(std::unexpected(MethodNotFound(method)));
  if (Expected<void> may = Permission::MayCall(caller, method); !may) return reply(std::unexpected(may.error()));
  if (Expected<void> may = permission_.MayCallFrom(caller); !may) return reply(std::unexpected(may.error()));
  if (keeper_ && !caller.is_admin && !caller.token.sids.empty()) keeper_->Know(caller.user, caller.token);
  Params named(params);
  if (const auto* now = std::get_if<Method::Now>(&found->second.run)) return reply((this->**now)(caller, named));
  (this->*std::get<Method::Later>(found->second.run))(caller, named, std::move(reply));
}

void Service::Gone(ClientId client) {
  subscribers_.erase(client);
  plans_.Gone(client);
  std::erase_if(waits_, [client](const auto& wait) { return wait->client == client; });
}

// --- what the worker tells

void Service::OnProgress(const Job& job, const scanner::ProgressState& state) {
  if (!pace_.IsDue()) return;
  Json json = ProgressJson(state);
  json["grant"] = job.grant;
  json["work"] = Name(job.work);
  Publish("progress", std::move(json));
}

void Service::OnNote(const Job& job, const std::string& text) {
  log_(false, text);
  Publish("note", {{"grant", job.grant}, {"work", Name(job.work)}, {"text", text}});
}

void Service::OnAdopted() {
  if (const Expected<void> told = on_adopted_(); !told) OnTrouble(told.error());
}

// What a look found. A copied tree is one notification.
void Service::OnLooked(const JobReport& report) {
  constexpr std::size_t kMostFolders = 50;
  const auto* done = std::get_if<scanner::ProvisionReport>(&report.result);
  if (!done || !done->differs) return WakeWaits();
  Json folders = Json::array();
  for (const scanner::PathComponents& folder : report.folders)
    if (folders.size() < kMostFolders) folders.push_back(scanner::FormatPath(folder));
  Json json = {{"grant", report.job.grant},
               {"root", report.root},
               {"folders", std::move(folders)},
               {"more_folders", report.folders.size() - std::min(report.folders.size(), kMostFolders)},
               {"changes", done->changes},
               {"failures", done->failures}};
  const Expected<std::optional<store::Folder>> root = parts_.writer.Root(report.job.grant);
  if (root && *root) json["counts"] = ToJson((*root)->counts);
  if (done->changes > 0)
    log_(false, "look at " + std::to_string(report.folders.size()) + " changed folders of " + report.root + ": " +
                    std::to_string(done->changes) + " descriptors written");
  Publish("verdict", std::move(json));
}

void Service::OnEnded(const JobReport& report) {
  if (report.held) return WakeWaits();
  if (fresh_ && report.how == Ended::kDone && !worker_.HoldsBack() &&
      worker_.WithQueue([](const Queue& queue) { return queue.Jobs().empty(); }))
    fresh_->AllDone(parts_.writer);
  if (report.job.work == Work::kLook && report.how == Ended::kDone) return OnLooked(report);
  if (fresh_ && report.job.work == Work::kRollback) KeepFresh();
  if (fresh_ && report.how == Ended::kDone) fresh_->WholeLook(report.job.grant, parts_.writer);
  const char* how = report.how == Ended::kDone ? "done" : report.how == Ended::kStopped ? "stopped" : "failed";
  const Json result = std::visit([](const auto& one) { return ToJson(one); }, report.result);
  Json json = {{"grant", report.job.grant},
               {"work", Name(report.job.work)},
               {"root", report.root},
               {"ended", how},
               {"result", result}};
  if (report.error) json["error"] = ToJson(*report.error);
  log_(report.how == Ended::kFailed, std::string(Name(report.job.work)) + " " + report.root + ": " + how + ", " +
                                         Text(result) + (report.error ? ": " + report.error->ToString() : ""));
  Publish("ended", std::move(json));
}

void Service::Publish(std::string method, Json params) {
  asio::post(io_, [this, method = std::move(method), params = std::move(params)] {
    if (stopped_) return;
    if (server_ != nullptr) {
      for (const auto& [client, viewer] : subscribers_)
        if (permission_.MayHear(viewer, params)) server_->Notify(client, method, params);
    }
    LookAtWaits();
  });
}

// --- questions

Expected<Json> Service::Version(const Caller&, Params& params) {
  if (const Expected<void> ended = params.End(); !ended) return std::unexpected(ended.error());
  return Json{{"name", "acledger"},
              {"version", ACLEDGER_VERSION},
              {"protocol", 1},
              {"ledger", parts_.ledger_path},
              {"volume", parts_.volume.Info().name}};
}

Expected<Json> Service::Status(const Caller& caller, Params& params) {
  if (const Expected<void> ended = params.End(); !ended) return std::unexpected(ended.error());
  const Viewer viewer = Permission::ViewerOf(caller);
  Expected<Json> status = StatusJson(parts_.reader, viewer);
  if (!status) return status;
  const Expected<std::vector<store::Grant>> grants = parts_.reader.Grants();
  if (!grants) return std::unexpected(grants.error());
  std::vector<Job> jobs;
  std::optional<Job> running;
  bool paused = false;
  worker_.WithQueue([&](const Queue& queue) {
    jobs = queue.Jobs();
    running = queue.Running();
    paused = queue.IsPaused();
  });
  Json listed = Json::array();
  for (const Job& job : jobs) {
    if (!OwnsGrant(viewer, *grants, job.grant)) continue;
    listed.push_back({{"grant", job.grant},
                      {"work", Name(job.work)},
                      {"urgency", Name(job.urgency)},
                      {"on_hold", job.on_hold},
                      {"running", running && running->grant == job.grant}});
  }
  (*status)["queue"] = std::move(listed);
  (*status)["paused"] = paused;
  (*status)["speed"] = Name(worker_.CurrentSpeed());
  return status;
}

// For a user it may have to look at every folder: not on this thread.
void Service::Coverage(const Caller& caller, Params& params, Reply reply) {
  const std::string path = params.Text("path");
  if (const Expected<void> ended = params.End(); !ended) return reply(std::unexpected(ended.error()));
  if (caller.is_admin) return reply(CoverageJson(parts_.reader, path));
  asking_.Ask(
      caller.user,
      [this, path, viewer = Permission::ViewerOf(caller)] { return CoverageJson(parts_.explainer, path, viewer); },
      std::move(reply));
}

Expected<Json> Service::Failures(const Caller& caller, Params& params) {
  FailuresWanted wanted{params.Flag("tombstones"), params.Flag("dismissed")};
  wanted.skip = params.NumberOr("skip", 0, std::numeric_limits<std::int64_t>::max());
  wanted.limit = std::max<std::uint64_t>(params.NumberOr("limit", kMostFailures, kMostFailures), 1);
  if (const Expected<void> ended = params.End(); !ended) return std::unexpected(ended.error());
  return FailuresJson(parts_.reader, Permission::ViewerOf(caller), wanted);
}

// Asks the volume, which may take its time: not on this thread.
void Service::Explain(const Caller& caller, Params& params, Reply reply) {
  const std::string path = params.Text("path"), access = params.TextOr("access", "");
  if (const Expected<void> ended = params.End(); !ended) return reply(std::unexpected(ended.error()));
  asking_.Ask(
      caller.is_admin ? "" : caller.user,
      [this, path, access, viewer = Permission::ViewerOf(caller)] {
        return ExplainJson(parts_.explainer, &parts_.volume, path, access, viewer);
      },
      std::move(reply));
}

Expected<Json> Service::Subscribe(const Caller& caller, Params& params) {
  if (const Expected<void> ended = params.End(); !ended) return std::unexpected(ended.error());
  subscribers_.insert_or_assign(caller.client, Permission::ViewerOf(caller));
  return Json{{"subscribed", true}};
}

}  // namespace acledger::daemon
