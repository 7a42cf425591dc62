// SPDX-License-Identifier: MIT
#include "tools/acledger/steer_command.h"

#include <cstdio>
#include <memory>

#include "tools/acledger/answer.h"
#include "tools/acledger/daemon_session.h"
#include "tools/acledger/exit_code.h"

namespace acledger::tools {
namespace {

struct SteerWords {
  TargetOptions target;
  std::string path;
  unsigned timeout = 30;
};

Expected<int> Tell(const SteerWords& words, const Json& answer, const std::string& text) {
  const Expected<void> printed = words.target.json ? Print(answer) : PrintText(text);
  if (!printed) return std::unexpected(printed.error());
  return kDone;
}

// "\Users\dev for S-1-...; \work for S-1-...".
std::string Roots(const Json& grants, const char* none) {
  std::string text;
  for (const Json& grant : grants)
    text += (text.empty() ? "" : "; ") + grant.value("root", "") + " for " + grant.value("principal", "");
  return text.empty() ? none : text;
}

Expected<int> RunWait(const SteerWords& words) {
  Expected<daemon::Client> client = NeedDaemon(words.target);
  if (!client) return std::unexpected(client.error());
  const std::chrono::milliseconds time = std::chrono::seconds(words.timeout);
  const Expected<Json> answer =
      client->Call("wait", {{"path", words.path}, {"timeout_ms", time.count()}}, time + std::chrono::seconds(5));
  if (!answer) return std::unexpected(answer.error());
  std::string text;
  for (const Json& one : (*answer)["coverage"])
    text += (text.empty() ? "" : "\n") + words.path + " for " + one.value("principal", "") + ": " +
            Sentence(daemon::CountsFrom(one));
  const Expected<int> told = Tell(words, *answer, text);
  if (!told || answer->value("decided", true)) return told;
  std::fprintf(stderr,
               "acledger: not all of it is decided, and nobody is at work on it: it was cancelled, or cannot be read "
               "(acledger resume or provision goes on, acledger failures tells why)\n");
  return kFailuresListed;
}

// A method that takes a root, or nothing for everything, and answers with a list of grants.
struct Steer {
  const char* method;
  const char* parameter;
  const char* done;  // "on hold: "
  const char* none;
};

Expected<int> RunSteer(const SteerWords& words, const Steer& steer) {
  Expected<daemon::Client> client = NeedDaemon(words.target);
  if (!client) return std::unexpected(client.error());
  Json params = Json::object();
  if (!words.path.empty()) params[steer.parameter] = words.path;
  const Expected<Json> answer = Ask(*client, steer.method, params);
  if (!answer) return std::unexpected(answer.error());
  const Json& first = answer->front();
  return Tell(words, *answer, steer.done + (first.is_array() ? Roots(first, steer.none) : std::string(steer.none)));
}

Expected<int> RunReload(const SteerWords& words) {
  Expected<daemon::Client> client = NeedDaemon(words.target);
  if (!client) return std::unexpected(client.error());
  const Expected<Json> answer = Ask(*client, "reload");
  if (!answer) return std::unexpected(answer.error());
  std::string text = "read again: " + answer->value("config", "");
  for (const Json& key : (*answer)["after_restart"]) text += "\nonly after a restart: " + key.get<std::string>();
  return Tell(words, *answer, text);
}

void AddReload(CLI::App& app, int& exit_code) {
  auto words = std::make_shared<SteerWords>();
  CLI::App& command = *app.add_subcommand("reload", "Have the daemon read its configuration again");
  AddTargetOptions(command, words->target);
  command.footer("Example:\n  acledger reload");
  command.callback([words, &exit_code] {
    const Expected<int> ended = RunReload(*words);
    exit_code = ended ? *ended : ExitFor(ended.error());
  });
}

}  // namespace

void AddSteerCommands(CLI::App& app, int& exit_code) {
  const auto add = [&](const char* name, const char* what, const char* example, bool must, auto run) {
    auto words = std::make_shared<SteerWords>();
    CLI::App& command = *app.add_subcommand(name, what);
    AddTargetOptions(command, words->target);
    CLI::Option& path = *command.add_option("path", words->path, "Windows path");
    if (must) path.required();
    command.footer(std::string("Example:\n  ") + example);
    command.callback([words, run, &exit_code] {
      const Expected<int> ended = run(*words);
      exit_code = ended ? *ended : ExitFor(ended.error());
    });
    return words;
  };
  const auto waiting = add("wait", "Wait until the daemon has decided about a path and all below",
                           "acledger wait 'C:\\work' --timeout 60", true, RunWait);
  app.get_subcommand("wait")
      ->add_option("--timeout", waiting->timeout, "Seconds (default 30)")
      ->check(CLI::Range(0, 86400));
  const auto steer = [](const Steer& how) { return [how](const SteerWords& words) { return RunSteer(words, how); }; };
  add("pause", "Put a grant, or all work of the daemon, on hold", "acledger pause", false,
      steer({"pause", "root", "on hold: ", "everything"}));
  add("resume", "Let the daemon go on", "acledger resume", false, steer({"resume", "root", "goes on: ", "everything"}));
  add("prioritise", "Have the grants that reach a path worked on first", "acledger prioritise 'C:\\work\\repo'", true,
      steer({"prioritise", "path", "first now: ", "nothing is queued for this path"}));
  add("cancel", "Take a grant out of the daemon's queue; what was written stays recorded", "acledger cancel 'C:\\work'",
      true, steer({"cancel", "root", "out of the queue: ", "nothing"}));
  AddReload(app, exit_code);
}

}  // namespace acledger::tools
