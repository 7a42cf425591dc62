// SPDX-License-Identifier: MIT
#include "daemon/foreground.h"

#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <asio/signal_set.hpp>

#include "daemon/rpc/endpoint.h"
#include "daemon/service/service.h"
#include "daemon/service/system.h"
#include "daemon/target/live_volume.h"

namespace acledger::daemon {
namespace {

Expected<std::shared_ptr<spdlog::logger>> MakeLog(const std::string& file) {
  constexpr std::size_t kBytes = 1 << 20, kFiles = 5;
  try {
    spdlog::sink_ptr sink;
    if (file.empty())
      sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    else
      sink = std::make_shared<spdlog::sinks::rotating_file_sink_mt>(file, kBytes, kFiles);
    auto log = std::make_shared<spdlog::logger>("acledgerd", std::move(sink));
    log->flush_on(spdlog::level::info);
    log->set_error_handler([](const std::string&) {});  // A full disk must not end the service.
    return log;
  } catch (const spdlog::spdlog_ex& error) {
    return std::unexpected(Error{ErrorKind::kIo, "open the log", file, 0, error.what()});
  }
}

struct Opened {
  std::unique_ptr<scanner::Volume> volume;
  std::string ledger_path;
  std::unique_ptr<store::Ledger> writer, reader, explainer;
};

Expected<std::unique_ptr<scanner::Volume>> OpenVolume(const DaemonOptions& options) {
  return options.image.empty() ? OpenLiveVolume(options.drive.empty() ? '\0' : options.drive[0])
                               : OpenImage(options.image, false);
}

Expected<Opened> Open(const DaemonOptions& options) {
  Opened opened;
  Expected<std::unique_ptr<scanner::Volume>> volume = OpenVolume(options);
  if (!volume) return std::unexpected(volume.error());
  opened.volume = std::move(*volume);
  Expected<std::string> path = options.ledger;
  if (options.ledger.empty())
    path = options.image.empty() ? LiveLedgerPath(true) : Expected<std::string>(options.image + ".acledger");
  if (!path) return std::unexpected(path.error());
  opened.ledger_path = *path;
  store::OpenOptions how{.volume_serial = opened.volume->Info().serial, .volume_name = opened.volume->Info().name};
  for (auto* ledger : {&opened.writer, &opened.reader, &opened.explainer}) {
    Expected<std::unique_ptr<store::Ledger>> one = store::Ledger::Open(*path, how);
    if (!one) return std::unexpected(one.error());
    *ledger = std::move(*one);
    how.read_only = true;  // All but the first.
  }
  return opened;
}

}  // namespace

Expected<void> RunForeground(const DaemonOptions& options) {
  Expected<std::shared_ptr<spdlog::logger>> log = MakeLog(options.log);
  if (!log) return std::unexpected(log.error());
  Expected<Opened> opened = Open(options);
  if (!opened) return std::unexpected(opened.error());
  if (opened->writer->Outcome() == store::OpenOutcome::kMovedAside)
    (*log)->warn("the ledger {} was damaged: it is kept as {}; a new one was begun", opened->ledger_path,
                 opened->writer->MovedTo());
  asio::io_context io;
  std::unique_ptr<scanner::ChangeWatch> watch;
  if (options.image.empty()) {  // Nobody else writes an image.
    Expected<std::unique_ptr<scanner::ChangeWatch>> live = WatchLiveVolume(opened->volume->Info());
    if (live)
      watch = std::move(*live);
    else
      (*log)->error("changes are not heard of: {}", live.error().ToString());
  }
  const std::unique_ptr<scanner::UsnJournal> journal =
      options.image.empty() ? JournalOfLiveVolume(opened->volume->Info()) : nullptr;
  Service service(io, {.volume = *opened->volume,
                       .writer = *opened->writer,
                       .reader = *opened->reader,
                       .explainer = *opened->explainer,
                       .ledger_path = opened->ledger_path,
                       .polite = !options.full_speed,
                       .watch = watch.get(),
                       .journal = journal.get(),
                       .fresh = {}});
  service.SetLog([log](bool is_error, const std::string& line) {
    (*log)->log(is_error ? spdlog::level::err : spdlog::level::info, line);
  });
  Server server(io, service);
  service.Attach(server);
  const std::string endpoint = options.endpoint.empty() ? DefaultEndpoint() : options.endpoint;
  if (Expected<void> listening = server.Listen({endpoint, EndpointSddl()}); !listening) return listening;
  if (Expected<void> started = service.Start(); !started) return started;
  asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([&](std::error_code, int) {
    (*log)->info("ending: the batch is finished first");
    service.Stop();
    server.Close();
    io.stop();
  });
  (*log)->info("serving {} at {}, ledger {}", opened->volume->Info().name, endpoint, opened->ledger_path);
  NotifyReady();
  io.run();
  return {};
}

}  // namespace acledger::daemon
