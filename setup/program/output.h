// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "security/error.h"
#include "setup/program/command.h"
#include "setup/step_list.h"

namespace spdlog {
class logger;
}

namespace acledger::setup {

// What a run says: a line for each step as soon as it is known, or one JSON object at its end; and a line each to the
// log. Texts come from steps and errors, which hold no secrets. One thread.
class Output {
 public:
  using Show = std::function<void(const std::string& line)>;

  // kInvalid, kDenied and so on: the log cannot be written.
  static Expected<Output> Make(const Command& command, Show show);

  void Step(const StepResult& result);
  void Note(const std::string& line);
  // A line of the run in an administrator's process: as it is.
  void Relay(const std::string& line);
  // The last: what the run came to. `trouble`: why it could not go on.
  void End(const Report& report, int exit_code, const std::optional<Error>& trouble);

 private:
  Output(const Command& command, Show show) : command_(command), show_(std::move(show)) {}
  void Log(bool is_bad, const std::string& line);

  Command command_;
  Show show_;
  std::shared_ptr<spdlog::logger> log_;
};

}  // namespace acledger::setup
