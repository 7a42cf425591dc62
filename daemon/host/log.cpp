// SPDX-License-Identifier: MIT
#include "daemon/host/log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <filesystem>

#include "daemon/host/event_log.h"

namespace acledger::daemon {
namespace {

constexpr const char* kName = "acledgerd";
constexpr std::size_t kBytes = 1 << 20, kFiles = 5;

spdlog::level::level_enum LevelOf(store::LogLevel level) {
  switch (level) {
    case store::LogLevel::kError:
      return spdlog::level::err;
    case store::LogLevel::kWarning:
      return spdlog::level::warn;
    case store::LogLevel::kInfo:
      return spdlog::level::info;
    case store::LogLevel::kDebug:
      break;
  }
  return spdlog::level::debug;
}

spdlog::sink_ptr MakeSink(const std::string& file) {
  if (file.empty()) return std::make_shared<spdlog::sinks::stderr_sink_mt>();
  std::filesystem::path path(std::u8string(file.begin(), file.end()));
  path.make_preferred();
  const spdlog::filename_t name = path.native();  // UTF-16 on Windows.
  return std::make_shared<spdlog::sinks::rotating_file_sink_mt>(name, kBytes, kFiles);
}

}  // namespace

class Log::Sinks {
 public:
  Sinks(const spdlog::sink_ptr& lines, const spdlog::sink_ptr& events)
      : lines_(kName, lines), events_(kName, spdlog::sinks_init_list{}) {
    if (events) events_.sinks().push_back(events);
    for (spdlog::logger* logger : {&lines_, &events_}) {
      logger->flush_on(spdlog::level::info);
      logger->set_error_handler([](const std::string&) {});
    }
    // The event log gives time, name and level by itself.
    events_.set_pattern("%v");
  }

  void SetLevel(store::LogLevel level) { lines_.set_level(LevelOf(level)); }
  void Write(spdlog::level::level_enum level, const std::string& line) {
    lines_.log(level, line);
    if (level >= spdlog::level::warn) events_.log(level, line);
  }
  void Announce(const std::string& line) {
    // Past the level, by a logger of its own over the same sinks.
    spdlog::logger all(kName, lines_.sinks().begin(), lines_.sinks().end());
    all.set_error_handler([](const std::string&) {});
    all.flush_on(spdlog::level::info);
    all.info(line);
    events_.info(line);
  }

 private:
  spdlog::logger lines_, events_;
};

Log::Log(std::unique_ptr<Sinks> sinks) : sinks_(std::move(sinks)) {}
Log::~Log() = default;

Expected<std::unique_ptr<Log>> Log::Open(const Place& place) {
  try {
    const spdlog::sink_ptr events = place.system_log ? MakeEventLogSink(kName) : nullptr;
    return std::unique_ptr<Log>(new Log(std::make_unique<Sinks>(MakeSink(place.file), events)));
  } catch (const spdlog::spdlog_ex& error) {
    return std::unexpected(Error{ErrorKind::kIo, "open the log", place.file, 0, error.what()});
  }
}

void Log::SetLevel(store::LogLevel level) { sinks_->SetLevel(level); }
void Log::Write(store::LogLevel level, const std::string& line) { sinks_->Write(LevelOf(level), line); }
void Log::Announce(const std::string& line) { sinks_->Announce(line); }

}  // namespace acledger::daemon
