// SPDX-License-Identifier: MIT
#include "setup/program/output.h"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "security/wtf8.h"

namespace acledger::setup {
namespace {

using Json = nlohmann::ordered_json;

bool IsGood(const StepResult& result) {
  using enum Outcome;
  return result.outcome == kWhole || result.outcome == kToDo || result.outcome == Outcome::kDone ||
         result.outcome == kUndone || result.outcome == kKept;
}

std::string LineOf(const StepResult& result) {
  std::string line = Name(result.outcome);
  line.resize(std::max(line.size(), std::size_t{10}), ' ');
  line += " " + result.name;
  if (!result.detail.empty()) line += ": " + result.detail;
  if (result.error) line += (result.detail.empty() ? ": " : "; ") + result.error->ToString();
  return line;
}

Json ToJson(const Error& error) {
  return {{"kind", Name(error.kind)},
          {"operation", error.operation},
          {"path", error.path},
          {"code", error.code},
          {"reason", error.reason}};
}

Json ToJson(const StepResult& result) {
  Json json = {{"step", result.name}, {"outcome", Name(result.outcome)}};
  if (!result.detail.empty()) json["detail"] = result.detail;
  if (result.error) json["error"] = ToJson(*result.error);
  return json;
}

spdlog::filename_t LogName(const std::string& path) {
#ifdef _WIN32
  const Expected<std::u16string> wide = FromWtf8(path);
  return wide ? spdlog::filename_t(wide->begin(), wide->end()) : spdlog::filename_t();
#else
  return path;
#endif
}

std::string Sentence(const Command& command, const Report& report, int exit_code) {
  const auto bad = std::ranges::count_if(report.steps, [](const StepResult& one) { return !IsGood(one); });
  const std::string counts = std::to_string(report.steps.size()) + " steps, " + std::to_string(bad) + " not whole";
  switch (command.verb) {
    case Verb::kPlan:
      return exit_code == kDone ? "nothing was changed"
                                : "nothing was changed; " + std::to_string(bad) + " cannot be told";
    case Verb::kInstall:
    case Verb::kRepair:
      return exit_code == kDone ? "installed, and proved by reading back: " + counts : "not whole: " + counts;
    case Verb::kUninstall:
      return exit_code == kDone ? "taken back, and proved by reading back"
                                : "something remains: run it again, or repair";
    case Verb::kStatus:
      return exit_code == kDone ? "whole: " + counts : "not whole: " + counts + "; acledger-setup repair mends it";
  }
  return {};
}

}  // namespace

Expected<Output> Output::Make(const Command& command, Show show) {
  Output output(command, std::move(show));
  if (command.log.empty()) return output;
  try {
    output.log_ = std::make_shared<spdlog::logger>(
        "setup", std::make_shared<spdlog::sinks::basic_file_sink_st>(LogName(command.log)));
    output.log_->set_pattern("%Y-%m-%dT%H:%M:%S%z %l %v");
    output.log_->flush_on(spdlog::level::info);
  } catch (const spdlog::spdlog_ex& error) {
    return std::unexpected(Error{ErrorKind::kIo, "open the log", command.log, 0, error.what()});
  }
  return output;
}

void Output::Log(bool is_bad, const std::string& line) {
  if (log_) log_->log(is_bad ? spdlog::level::warn : spdlog::level::info, "{}", line);
}

void Output::Step(const StepResult& result) {
  Log(!IsGood(result), LineOf(result));
  if (!command_.json && !command_.quiet) show_(LineOf(result));
}

void Output::Note(const std::string& line) {
  Log(false, line);
  if (!command_.json && !command_.quiet) show_("           " + line);
}

void Output::Relay(const std::string& line) {
  Log(false, line);
  show_(line);
}

void Output::End(const Report& report, int exit_code, const std::optional<Error>& trouble) {
  const std::string text = trouble ? "acledger-setup: " + trouble->ToString() : Sentence(command_, report, exit_code);
  Log(exit_code != kDone, text);
  if (command_.quiet) return;
  if (!command_.json) return show_(text);
  Json steps = Json::array();
  for (const StepResult& step : report.steps) steps.push_back(ToJson(step));
  Json json = {{"command", Name(command_.verb)},
               {"exit_code", exit_code},
               {"complete", exit_code == kDone},
               {"steps", std::move(steps)}};
  if (trouble) json["error"] = ToJson(*trouble);
  show_(json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace acledger::setup
