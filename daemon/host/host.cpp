// SPDX-License-Identifier: MIT
#include "daemon/host/host.h"

#include <asio/post.hpp>

#include "daemon/host/places.h"
#include "daemon/rpc/endpoint.h"
#include "daemon/service/system.h"
#include "daemon/target/carried.h"
#include "daemon/target/live_volume.h"

namespace acledger::daemon {

using store::LogLevel;

namespace {

// For clients to take what they were answered at the end.
constexpr std::chrono::seconds kForLastWords{1};

constexpr char kAdopted[] = "the ledger that the volume carries is adopted: all that it says is asked of the volume";

}  // namespace

struct Host::Opened {
  std::unique_ptr<scanner::Volume> volume;
  std::unique_ptr<scanner::ChangeWatch> watch;   // Null: nobody else writes the volume, or changes are not told.
  std::unique_ptr<scanner::UsnJournal> journal;  // Null: none.
  std::unique_ptr<store::Ledger> writer, reader, explainer;
};

Host::Host(DaemonOptions options) : options_(std::move(options)), verify_timer_(io_) {}

Host::~Host() { Close(); }

// Downwards. The log stays.
void Host::Close() {
  if (server_) server_->Close();
  if (service_) service_->Stop();
  service_.reset();
  server_.reset();
  opened_.reset();
}

Expected<void> Host::Start() {
  for (const auto step : {&Host::FindPlaces, &Host::OpenLog, &Host::OpenVolumeAndLedger})
    if (Expected<void> done = (this->*step)(); !done) return done;
  MakeService();
  if (Expected<void> listening = Listen(); !listening) return listening;
  if (Expected<void> started = service_->Start(); !started) return started;
  ArmVerify();
  return {};
}

Expected<void> Host::FindPlaces() {
  const Expected<std::string> ledger = LedgerPlace(options_);
  if (!ledger) return std::unexpected(ledger.error());
  ledger_path_ = *ledger;
  std::string otherwise;
  if (options_.config.empty()) {
    const Expected<std::string> place = DefaultConfigPlace();
    if (!place) return std::unexpected(place.error());
    otherwise = *place;
  }
  settings_ = std::make_unique<Settings>(options_.config, otherwise, options_.full_speed);
  if (Expected<void> read = settings_->Read(); !read) return read;
  begun_with_ = settings_->Daemon();
  return {};
}

Expected<void> Host::OpenLog() {
  Expected<std::unique_ptr<Log>> log =
      Log::Open({.file = LogPlace(options_, ledger_path_), .system_log = options_.service});
  if (!log) return std::unexpected(log.error());
  log_ = std::move(*log);
  log_->SetLevel(settings_->Daemon().log_level);
  return {};
}

Expected<void> Host::OpenVolumeAndLedger() {
  opened_ = std::make_unique<Opened>();
  if (!options_.image.empty())
    if (Expected<void> out = TakeLedgerOut(); !out) return out;
  Expected<std::unique_ptr<scanner::Volume>> volume =
      options_.image.empty() ? OpenLiveVolume(options_.drive.empty() ? '\0' : options_.drive[0])
                             : OpenImage(options_.image, options_.partition, false);
  if (!volume) return std::unexpected(volume.error());
  opened_->volume = std::move(*volume);
  const scanner::VolumeInfo info = opened_->volume->Info();
  const Expected<CarriedLedger> carried =
      info.is_image ? CarriedLedger{} : FetchCarriedLedger(*opened_->volume, ledger_path_);
  if (!carried) return std::unexpected(carried.error());
  if (carried->trouble) CannotAdopt(*carried->trouble);
  store::OpenOptions how{.volume_serial = info.serial, .volume_name = info.name};
  how.seed = carried->seed;
  for (auto* ledger : {&opened_->writer, &opened_->reader, &opened_->explainer}) {
    Expected<std::unique_ptr<store::Ledger>> one = store::Ledger::Open(ledger_path_, how);
    if (!one) return std::unexpected(one.error());
    *ledger = std::move(*one);
    how.read_only = true;  // All but the first.
  }
  if (const Expected<void> retired = RetireAdopted(info, *opened_->writer); !retired) Trouble(retired.error());
  if (opened_->writer->Outcome() == store::OpenOutcome::kAdopted) log_->Write(LogLevel::kInfo, kAdopted);
  if (opened_->writer->Outcome() == store::OpenOutcome::kMovedAside)
    log_->Write(LogLevel::kWarning, "the ledger " + ledger_path_ + " was damaged: it is kept as " +
                                        opened_->writer->MovedTo() + "; a new one was begun");
  return {};
}

Expected<void> Host::TakeLedgerOut() {
  const Expected<TakenOut> out = TakeOutCarried({options_.image, options_.partition}, ledger_path_);
  if (!out) return std::unexpected(out.error());
  if (out->left) CannotAdopt(*out->left);
  if (out->adopted) log_->Write(LogLevel::kInfo, kAdopted);
  if (!out->kept.empty())
    log_->Write(LogLevel::kWarning,
                "the image carried a ledger that " + ledger_path_ + " knows nothing of: that is kept as " + out->kept);
  if (out->carried)
    log_->Write(LogLevel::kWarning,
                "the image carries no ledger while it is worked on: acledger ledger export puts it in again");
  return {};
}

void Host::CannotAdopt(const Error& error) {
  log_->Write(LogLevel::kWarning, "the ledger that the volume carries cannot be adopted: " + error.ToString());
}

// Nobody else writes an image.
void Host::OpenWatch() {
  if (!options_.image.empty()) return;
  Expected<std::unique_ptr<scanner::ChangeWatch>> watch = WatchLiveVolume(opened_->volume->Info());
  if (watch)
    opened_->watch = std::move(*watch);
  else
    log_->Write(LogLevel::kError, "changes are not heard of: " + watch.error().ToString());
  opened_->journal = JournalOfLiveVolume(opened_->volume->Info());
}

void Host::MakeService() {
  OpenWatch();
  load_ = SystemLoad();
  service_ = std::make_unique<Service>(io_, ServiceParts{.volume = *opened_->volume,
                                                         .writer = *opened_->writer,
                                                         .reader = *opened_->reader,
                                                         .explainer = *opened_->explainer,
                                                         .ledger_path = ledger_path_,
                                                         .snapshots = true,
                                                         .load = load_.get(),
                                                         .watch = opened_->watch.get(),
                                                         .journal = opened_->journal.get()});
  service_->SetPace(settings_->Pace());
  service_->SetPrincipals(settings_->Users());
  service_->SetLog([this](bool is_error, const std::string& line) {
    log_->Write(is_error ? LogLevel::kError : LogLevel::kInfo, line);
  });
  service_->SetReload([this] { return Reload(); });
  service_->SetOnAdopted([this] { return RetireAdopted(opened_->volume->Info(), *opened_->writer); });
  service_->SetOnPaused([this](bool paused) { on_paused_(paused); });
  server_ = std::make_unique<Server>(io_, *service_, ServerOptions{.clients = settings_->Daemon().max_clients});
  service_->Attach(*server_);
}

Expected<void> Host::Listen() {
  std::vector<std::string> places{options_.endpoint};
  if (options_.endpoint.empty()) {
    places = {DefaultEndpoint()};
    if (FallbackEndpoint() != places.front()) places.push_back(FallbackEndpoint());
  }
  const Expected<std::vector<security::Sid>> sandboxes = service_->Sandboxes();
  if (!sandboxes) return std::unexpected(sandboxes.error());
  const Expected<std::string> sddl = EndpointSddl(*sandboxes);
  if (!sddl) return std::unexpected(sddl.error());
  Expected<std::string> place = ListenWhereAllowed(
      places, [&](const std::string& one) { return server_->Listen({one, *sddl}); },
      [this](const Error& error, const std::string& next) {
        log_->Write(LogLevel::kWarning, error.ToString() + "; listening at " + next + " instead");
      });
  if (!place) return std::unexpected(place.error());
  endpoint_ = std::move(*place);
  return {};
}

void Host::Run() {
  log_->Announce("serving " + opened_->volume->Info().name + " at " + endpoint_ + ", ledger " + ledger_path_);
  Notify(Notice::kReady);
  if (service_->IsPaused()) on_paused_(true);  // A client said so before the last end.
  io_.run();
}

// The posted end waits where Run() has not begun.
void Host::Stop() {
  asio::post(io_, [this] { End(); });
}

void Host::End() {
  Notify(Notice::kStopping);
  log_->Announce("ending: the batch is finished first");
  verify_timer_.cancel();
  service_->Stop();
  // Behind what it has just answered.
  asio::post(io_, [this] {
    server_->Finish(kForLastWords, [this] {
      io_.stop();
      log_->Announce("ended");
    });
  });
}

// Nobody asks for these before the start is over.
void Host::Pause() {
  if (service_) service_->SetPaused(true);
}

void Host::Resume() {
  if (service_) service_->SetPaused(false);
}

bool Host::IsAtWork() { return service_ && service_->IsAtWork(); }

void Host::SessionChanged(SessionEvent event, std::uint32_t session) {
  if (event == SessionEvent::kOther) return;
  asio::post(io_, [this, event, session] {
    log_->Write(LogLevel::kInfo, "session " + std::to_string(session) +
                                     (event == SessionEvent::kLogon ? ": logon" : ": logoff") + ", looking again");
    // A logon makes a profile, or completes one; a logoff lets go of files that were held.
    if (const Expected<void> queued = service_->LookAgain(); !queued) Trouble(queued.error());
  });
}

void Host::Trouble(const Error& error) {
  if (log_) log_->Write(LogLevel::kError, error.ToString());
}

Expected<Json> Host::Reload() {
  Notify(Notice::kReloading);
  const Expected<void> read = settings_->Read();
  if (read)
    Follow();
  else
    log_->Write(LogLevel::kError, read.error().ToString() + "; everything stays as it was");
  Notify(Notice::kReady);
  if (!read) return std::unexpected(read.error());
  log_->Write(LogLevel::kInfo, "read " + settings_->File() + " again");
  return Json{{"config", settings_->File()},
              {"log_level", Name(settings_->Daemon().log_level)},
              {"full_speed", settings_->Pace().full_speed},
              {"on_battery", settings_->Pace().waits_on_battery ? "wait" : "go"},
              {"verify_hours", settings_->Daemon().verify_hours},
              {"after_restart", settings_->NeedRestart(begun_with_)}};
}

void Host::Follow() {
  log_->SetLevel(settings_->Daemon().log_level);
  service_->SetPace(settings_->Pace());
  service_->SetPrincipals(settings_->Users());
  ArmVerify();
}

// From now on; a new interval begins anew. Where changes are heard of, what was looked at a while ago is known best
// there.
void Host::ArmVerify() {
  const std::chrono::hours every(settings_->Daemon().verify_hours);
  verify_timer_.cancel();
  if (opened_->watch) return service_->SetVerifyEvery(every);
  if (every == std::chrono::hours::zero()) return;
  verify_timer_.expires_after(every);
  verify_timer_.async_wait([this](std::error_code cancelled) {
    if (cancelled) return;
    if (const Expected<void> queued = service_->LookAgain(); !queued) Trouble(queued.error());
    ArmVerify();
  });
}

}  // namespace acledger::daemon
