// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <algorithm>

#include "setup/program/command.h"

namespace acledger::setup {
namespace {

struct Words {
  std::string principal;
  bool manual = false, provision = false;
  RequestFile request;
};

void AddOutput(CLI::App& app, Command& command) {
  app.add_flag("--json", command.json, "Print one JSON object at the end");
  app.add_flag("--quiet", command.quiet, "Print nothing and ask nobody: the exit code tells, and --log");
  app.add_option("--log", command.log, "Append a line for each step to FILE")->type_name("FILE");
}

void AddWishes(CLI::App& app, Command& command, Words& words) {
  app.add_option("--user", command.users,
                 "Real user who gets a sandbox, by SID or name (default: whoever starts it; may be given again)")
      ->type_name("USER");
  auto* ports = app.add_option("--proxy-port", command.proxy_ports,
                               "Port on this machine that the offline account may use (may be given again)")
                    ->type_name("PORT")
                    ->check(CLI::Range(1, 65535));
  app.add_flag("--no-proxies", command.no_proxies, "No such port, in place of those that were installed")
      ->excludes(ports);
  app.add_option("--workspace", command.workspaces, "Folder that is provisioned too (may be given again)")
      ->type_name("PATH");
  app.add_option("--principal", words.principal,
                 "Whose SID is granted access: the sandbox's group, or a synthetic one that does not change with the "
                 "machine (default: group)")
      ->check(CLI::IsMember({"group", "synthetic"}));
  auto* manual = app.add_flag("--manual", words.manual, "Provision nothing: no descriptor of a file changes");
  app.add_flag("--provision", words.provision, "Provision, where --manual was installed before")->excludes(manual);
}

void AddFailure(CLI::App& app, bool& undo) {
  app.add_flag_callback("--undo-on-failure", [&undo] { undo = true; }, "Take back what this run made if a step fails");
}

constexpr char kFooter[] =
    "Exit codes: 0 done; 1 a step is not whole; 2 wrong usage; 3 not possible; 4 something remains after uninstall;\n"
    "5 the user did not allow it to run as administrator.\n"
    "Examples:\n  acledger-setup plan\n  acledger-setup install --proxy-port 3128 --workspace C:\\work\n"
    "  acledger-setup install --quiet --log C:\\setup.log --user S-1-5-21-1-2-3-1001\n  acledger-setup uninstall";

}  // namespace

const char* Name(Verb verb) {
  switch (verb) {
    case Verb::kPlan:
      return "plan";
    case Verb::kInstall:
      return "install";
    case Verb::kRepair:
      return "repair";
    case Verb::kUninstall:
      return "uninstall";
    case Verb::kStatus:
      return "status";
  }
  return "?";
}

std::expected<CommandLine, int> ReadCommandLine(int argc, char** argv) {
  CLI::App app;
  argv = app.ensure_utf8(argv);
  return ReadWords({argv + 1, argv + argc});
}

std::expected<CommandLine, int> ReadWords(std::vector<std::string> given) {
  CommandLine line;
  Words words;
  CLI::App app("Installs acledger: accounts, firewall rules and service of a sandbox. Takes all of it back.",
               "acledger-setup");
  app.footer(kFooter);
  const auto add = [&](Verb verb, const char* what) -> CLI::App& {
    CLI::App& sub = *app.add_subcommand(Name(verb), what);
    sub.callback([&line, verb] { line.command.verb = verb; });
    AddOutput(sub, line.command);
    return sub;
  };
  AddWishes(add(Verb::kPlan, "Say what install would do; change nothing"), line.command, words);
  CLI::App& install = add(Verb::kInstall, "Make what is missing; a second time changes nothing");
  AddWishes(install, line.command, words);
  AddFailure(install, line.command.undo_on_failure);
  CLI::App& repair = add(Verb::kRepair, "Make whole what was installed: accounts, passwords, rules, folders, service");
  AddWishes(repair, line.command, words);
  AddFailure(repair, line.command.undo_on_failure);
  CLI::App& uninstall = add(Verb::kUninstall, "Take everything back, what was granted first, with proof");
  uninstall.add_flag("--keep-accounts", line.command.keep_accounts, "Keep the groups and accounts, disabled");
  add(Verb::kStatus, "Say what is true now, by asking the system");
  auto* path = app.add_option("--request", words.request.path)->group("");
  app.add_option("--sha256", words.request.sha256)->group("")->needs(path);
  app.require_subcommand(0, 1);
  try {
    std::ranges::reverse(given);  // As the parser wants them.
    app.parse(std::move(given));
    const bool has_request = !words.request.path.empty();
    if (has_request == !app.get_subcommands().empty())
      throw CLI::RequiredError("A command: plan, install, repair, uninstall or status");
  } catch (const CLI::ParseError& error) {
    return std::unexpected(app.exit(error) == 0 ? kDone : kUsage);
  }
  if (!words.request.path.empty()) line.request = words.request;
  if (!words.principal.empty())
    line.command.principal = words.principal == "group" ? PrincipalKind::kGroup : PrincipalKind::kSynthetic;
  if (words.manual || words.provision) line.command.manual = words.manual;
  return line;
}

}  // namespace acledger::setup
