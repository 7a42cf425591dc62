// SPDX-License-Identifier: MIT
#include "daemon/service/service.h"

#include <algorithm>
#include <asio/post.hpp>
#include <variant>

#include "daemon/answers/answer.h"
#include "daemon/answers/reports.h"
#include "daemon/service/service_wait.h"

namespace acledger::daemon {

// Who may call it, and how it answers: at once, or later through the Reply.
struct Service::Method {
  using Now = Expected<Json> (Service::*)(const Caller&, Params&);
  using Later = void (Service::*)(const Caller&, Params&, Reply);
  bool changes = false;  // For administrators (on Unix: who may open the socket).
  std::variant<Now, Later> run;
};

const std::vector<std::pair<std::string_view, Service::Method>>& Service::Methods() {
  static const std::vector<std::pair<std::string_view, Method>> methods{
      {"version", {false, &Service::Version}},   {"status", {false, &Service::Status}},
      {"coverage", {false, &Service::Coverage}}, {"explain", {false, &Service::Explain}},
      {"failures", {false, &Service::Failures}}, {"subscribe", {false, &Service::Subscribe}},
      {"wait", {false, &Service::WaitFor}},      {"grant", {true, &Service::AddGrant}},
      {"rollback", {true, &Service::Rollback}},  {"verify", {true, &Service::Verify}},
      {"pause", {true, &Service::Pause}},        {"resume", {true, &Service::Resume}},
      {"cancel", {true, &Service::Cancel}},      {"prioritise", {true, &Service::Prioritise}},
      {"plan", {false, &Service::Plan}},         {"reload", {true, &Service::ReadAgain}},
  };
  return methods;
}

Service::Service(asio::io_context& io, const ServiceParts& parts)
    : io_(io),
      parts_(parts),
      trouble_timer_(io),
      worker_(parts.volume, parts.writer, *this, parts.readers, parts.load, {.full_speed = !parts.polite}),
      plans_(parts.volume, parts.ledger_path, parts.readers,
             [this](ClientId client, const char* method, Json params) {
               asio::post(io_, [this, client, method, params = std::move(params)] {
                 if (!stopped_ && server_ != nullptr) server_->Notify(client, method, params);
               });
             }),
      timer_(io) {}

Service::~Service() { Stop(); }

Expected<void> Service::Start() {
  const Expected<bool> paused = IsPausedForGood(parts_.writer);
  if (!paused) return std::unexpected(paused.error());
  if (*paused) worker_.WithQueue([](Queue& queue) { queue.PauseAll(); });
  return worker_.Start();
}

void Service::Stop() {
  if (std::exchange(stopped_, true)) return;
  timer_.cancel();
  trouble_timer_.cancel();
  for (const auto& wait : std::exchange(waits_, {}))
    wait->reply(Fail(ErrorKind::kBusy, "wait", "the daemon is ending"));
  plans_.Stop();
  worker_.Stop();
  explaining_.join();
}

void Service::Call(const Caller& caller, std::string method, Json params, Reply reply) {
  const auto& methods = Methods();
  const auto found = std::ranges::find(methods, method, &std::pair<std::string_view, Method>::first);
  if (found == methods.end()) return reply(std::unexpected(MethodNotFound(method)));
  // The ledger tells every user's file names, and a grant opens files: see ARCHITECTURE.md.
  if (!caller.is_admin && method != "version")
    return reply(Fail(ErrorKind::kDenied, method, "is for administrators: run it elevated"));
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

void Service::OnEnded(const JobReport& report) {
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
    if (server_ != nullptr)
      for (const ClientId client : subscribers_) server_->Notify(client, method, params);
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

Expected<Json> Service::Status(const Caller&, Params& params) {
  if (const Expected<void> ended = params.End(); !ended) return std::unexpected(ended.error());
  Expected<Json> status = StatusJson(parts_.reader);
  if (!status) return status;
  std::vector<Job> jobs;
  std::optional<Job> running;
  bool paused = false;
  worker_.WithQueue([&](const Queue& queue) {
    jobs = queue.Jobs();
    running = queue.Running();
    paused = queue.IsPaused();
  });
  Json listed = Json::array();
  for (const Job& job : jobs)
    listed.push_back({{"grant", job.grant},
                      {"work", Name(job.work)},
                      {"urgency", Name(job.urgency)},
                      {"on_hold", job.on_hold},
                      {"running", running && running->grant == job.grant}});
  (*status)["queue"] = std::move(listed);
  (*status)["paused"] = paused;
  (*status)["speed"] = Name(worker_.CurrentSpeed());
  return status;
}

Expected<Json> Service::Coverage(const Caller&, Params& params) {
  const std::string path = params.Text("path");
  if (const Expected<void> ended = params.End(); !ended) return std::unexpected(ended.error());
  return CoverageJson(parts_.reader, path);
}

Expected<Json> Service::Failures(const Caller&, Params& params) {
  if (const Expected<void> ended = params.End(); !ended) return std::unexpected(ended.error());
  return FailuresJson(parts_.reader);
}

// Asks the volume, which may take its time: not on this thread.
void Service::Explain(const Caller&, Params& params, Reply reply) {
  const std::string path = params.Text("path"), access = params.TextOr("access", "");
  if (const Expected<void> ended = params.End(); !ended) return reply(std::unexpected(ended.error()));
  asio::post(explaining_, [this, path, access, reply = std::move(reply)]() mutable {
    reply(ExplainJson(parts_.explainer, &parts_.volume, path, access));
  });
}

Expected<Json> Service::Subscribe(const Caller& caller, Params& params) {
  if (const Expected<void> ended = params.End(); !ended) return std::unexpected(ended.error());
  subscribers_.insert(caller.client);
  return Json{{"subscribed", true}};
}

}  // namespace acledger::daemon
